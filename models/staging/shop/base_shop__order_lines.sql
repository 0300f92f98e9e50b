{{ read_raw('shop', 'order_lines') }}

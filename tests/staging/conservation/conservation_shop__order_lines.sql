{{ conservation('shop', 'order_lines') }}

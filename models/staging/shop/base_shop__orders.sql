{{ read_raw('shop', 'orders') }}

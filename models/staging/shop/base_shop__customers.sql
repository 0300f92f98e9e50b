{{ read_raw('shop', 'customers') }}

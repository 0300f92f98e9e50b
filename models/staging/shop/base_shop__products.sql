{{ read_raw('shop', 'products') }}

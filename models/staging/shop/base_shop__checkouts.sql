{{ read_raw('shop', 'checkouts') }}

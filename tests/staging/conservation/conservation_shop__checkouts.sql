{{ conservation('shop', 'checkouts') }}

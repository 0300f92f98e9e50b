{{ conservation('shop', 'products') }}

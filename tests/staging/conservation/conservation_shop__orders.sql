{{ conservation('shop', 'orders') }}

{{ conservation('shop', 'customers') }}

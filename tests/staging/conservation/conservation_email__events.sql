{{ conservation('email', 'events') }}

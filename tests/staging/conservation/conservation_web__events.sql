{{ conservation('web', 'events') }}

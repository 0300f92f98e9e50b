{{ conservation('email', 'messages') }}

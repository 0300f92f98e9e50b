{{ read_raw('email', 'events') }}

{{ read_raw('email', 'messages') }}

{{ read_raw('web', 'events') }}

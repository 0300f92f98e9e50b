{{ read_raw('crm', 'surveys') }}

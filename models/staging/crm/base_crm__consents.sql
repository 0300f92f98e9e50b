{{ read_raw('crm', 'consents') }}

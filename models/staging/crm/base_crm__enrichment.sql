{{ read_raw('crm', 'enrichment') }}

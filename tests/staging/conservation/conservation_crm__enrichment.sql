{{ conservation('crm', 'enrichment') }}

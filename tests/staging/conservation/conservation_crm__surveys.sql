{{ conservation('crm', 'surveys') }}

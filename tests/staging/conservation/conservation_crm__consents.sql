{{ conservation('crm', 'consents') }}

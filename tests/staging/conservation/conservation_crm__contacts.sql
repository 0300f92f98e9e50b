{{ conservation('crm', 'contacts') }}

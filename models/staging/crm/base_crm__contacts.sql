{{ read_raw('crm', 'contacts') }}

select message_id, context from {{ ref('email_queue') }} where not {{ is_json('context') }}

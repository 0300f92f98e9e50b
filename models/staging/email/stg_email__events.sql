select
    event_id,
    message_id,
    email,
    email_key,
    event_type,
    occurred_at,
    received_at,
    url,
    bounce_type,
    is_machine_open,
    user_agent,
    quality_flags
from {{ ref('checked_email__events') }}
where fate = 'staged'

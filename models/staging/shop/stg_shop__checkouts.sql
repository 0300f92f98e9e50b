select
    checkout_id,
    cart_id,
    email,
    email_key,
    phone,
    anonymous_id,
    created_at,
    completed_at,
    recovery_url,
    received_at,
    quality_flags
from {{ ref('checked_shop__checkouts') }}
where fate = 'staged'

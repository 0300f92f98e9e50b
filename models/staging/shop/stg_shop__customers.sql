select
    shop_customer_id,
    email,
    email_key,
    phone,
    first_name,
    last_name,
    first_name_key,
    last_name_key,
    street_address,
    street_key,
    city,
    city_key,
    region,
    postal_code,
    country,
    created_at,
    updated_at,
    received_at,
    quality_flags
from {{ ref('checked_shop__customers') }}
where fate = 'staged'

select
    product_id,
    product_name,
    category,
    brand,
    tags,
    price,
    currency,
    image_url,
    product_url,
    in_stock,
    updated_at,
    received_at,
    quality_flags
from {{ ref('checked_shop__products') }}
where fate = 'staged'

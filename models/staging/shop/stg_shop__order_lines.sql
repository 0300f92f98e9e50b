select
    order_line_id, order_id, product_id, quantity, unit_price, discount, received_at, quality_flags
from {{ ref('checked_shop__order_lines') }}
where fate = 'staged'

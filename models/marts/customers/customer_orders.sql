with orders as (
    select * from {{ ref('attributed_orders') }}
)

select
    order_id,
    customer_id,
    status,
    is_paid,
    currency,
    subtotal,
    discount,
    shipping,
    tax,
    total,
    total_base,
    items_count,
    discount_code,
    cart_id,
    created_at,
    updated_at
from orders

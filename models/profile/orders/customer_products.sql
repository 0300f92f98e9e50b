with
    orders as (select * from {{ ref('customer_orders') }}),

    order_lines as (select * from {{ ref('stg_shop__order_lines') }})

select
    orders.customer_id,
    order_lines.product_id,
    count(distinct orders.order_id) as orders_count,
    cast(sum(order_lines.quantity) as bigint) as items_count,
    max(orders.created_at) as last_bought_at
from orders
inner join order_lines on orders.order_id = order_lines.order_id
where orders.is_paid
group by orders.customer_id, order_lines.product_id

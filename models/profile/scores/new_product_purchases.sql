{%- set then = add_days(as_of(), -30) %}

with
    orders as (select * from {{ ref('customer_orders') }} where is_paid),

    order_lines as (select * from {{ ref('stg_shop__order_lines') }} where quantity > 0),

    customers as (select * from {{ ref('identity_customers') }} where first_seen_at <= {{ then }}),

    bought as (
        select
            orders.customer_id,
            order_lines.product_id,
            max({{ in_last_days('orders.created_at', 30) }}) as is_since,
            max({{ in_last_days('orders.created_at', 180, then) }}) as is_before
        from orders
        inner join order_lines on orders.order_id = order_lines.order_id
        inner join customers on orders.customer_id = customers.customer_id
        group by orders.customer_id, order_lines.product_id
    )

select customer_id, product_id
from bought
where is_since = 1 and is_before = 0

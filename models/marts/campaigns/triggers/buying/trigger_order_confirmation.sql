with
    customer_orders as (select * from {{ ref('customer_orders') }}),

    -- The address that was given with the order.
    addresses as (
        select order_id, max(email_key) as email_key
        from {{ ref('placed_orders') }}
        group by order_id
    ),

    -- What is below zero is a refund.
    orders as (
        select
            customer_orders.customer_id,
            customer_orders.order_id,
            customer_orders.created_at,
            addresses.email_key,
            case
                when customer_orders.status in ('cancelled', 'refunded') then 'order_undone'
            end as over_reason
        from customer_orders
        left join addresses on customer_orders.order_id = addresses.order_id
        where
            not customer_orders.is_test
            and customer_orders.status <> 'draft'
            and customer_orders.total >= 0
    )

select
    customer_id,
    order_id as occasion,
    created_at as happened_at,
    created_at as qualified_at,
    over_reason is not null as is_over,
    over_reason,
    cast(null as {{ dbt.type_string() }}) as cart_key,
    order_id,
    cast(null as {{ dbt.type_string() }}) as product_id,
    email_key as to_email_key
from orders

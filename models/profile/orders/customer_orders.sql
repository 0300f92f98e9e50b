-- A mart that stands here, since the profile is made of it too.
{{ config(schema='marts') }}

with
    orders as (select * from {{ ref('stg_shop__orders') }}),

    order_lines as (select * from {{ ref('stg_shop__order_lines') }}),

    order_customers as (
        select source_key as order_id, customer_id
        from {{ ref('identity_map') }}
        where source_table = 'shop.orders' and customer_id is not null
    ),

    -- A refund may be told twice: by the order itself, and in a row of its own.
    told_refunds as (
        select
            order_customers.customer_id,
            orders.currency,
            orders.refunded_amount,
            min(orders.created_at) as ordered_at
        from orders
        inner join order_customers on orders.order_id = order_customers.order_id
        where orders.total > 0 and orders.refunded_amount > 0
        group by order_customers.customer_id, orders.currency, orders.refunded_amount
    ),

    contents as (
        select order_id, cast(sum(quantity) as bigint) as items_count
        from order_lines
        group by order_id
    )

select
    orders.order_id,
    order_customers.customer_id,
    orders.status,
    orders.is_test,
    orders.is_paid,
    orders.currency,
    orders.subtotal,
    orders.discount,
    orders.shipping,
    orders.tax,
    orders.total,
    orders.refunded_amount,
    orders.total_base,
    case
        when orders.total < 0 and told_refunds.ordered_at <= orders.created_at
        then cast(0 as decimal(18, 2))
        else orders.revenue_base
    end as revenue_base,
    coalesce(contents.items_count, 0) as items_count,
    orders.discount_code,
    orders.cart_id,
    orders.created_at,
    orders.updated_at
from orders
inner join order_customers on orders.order_id = order_customers.order_id
left join contents on orders.order_id = contents.order_id
left join
    told_refunds
    on order_customers.customer_id = told_refunds.customer_id
    and orders.currency = told_refunds.currency
    and orders.total = - told_refunds.refunded_amount

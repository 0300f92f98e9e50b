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

    contents as (
        select order_id, cast(sum(quantity) as bigint) as items_count
        from order_lines
        group by order_id
    )

select
    orders.order_id,
    order_customers.customer_id,
    orders.status,
    coalesce(orders.status = 'paid', false) as is_paid,
    orders.currency,
    orders.subtotal,
    orders.discount,
    orders.shipping,
    orders.tax,
    orders.total,
    orders.total_base,
    coalesce(contents.items_count, 0) as items_count,
    orders.discount_code,
    orders.cart_id,
    orders.created_at,
    orders.updated_at
from orders
inner join order_customers on orders.order_id = order_customers.order_id
left join contents on orders.order_id = contents.order_id

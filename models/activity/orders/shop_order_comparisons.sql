{{ config(materialized='view') }}

with
    orders as (select * from {{ ref('stg_shop__orders') }} where not is_test),

    order_lines as (select * from {{ ref('stg_shop__order_lines') }}),

    checkouts as (select * from {{ ref('stg_shop__checkouts') }}),

    lines as (
        select order_id, sum(quantity * unit_price) as lines, sum(discount) as discounts
        from order_lines
        group by order_id
    ),

    compared as (
        select
            orders.order_id,
            'subtotal' as attribute,
            'shop.orders' as one_source,
            'shop.order_lines' as other_source,
            case
                when lines.order_id is null
                then 'missing_in_other'
                when abs(orders.subtotal - lines.lines + coalesce(lines.discounts, 0)) < 0.055
                then 'agrees'
                else {{ amounts_differ('orders.subtotal', 'lines.lines') }}
            end as result
        from orders
        left join lines on orders.order_id = lines.order_id
        where orders.subtotal is not null

        union all

        select
            lines.order_id,
            'order' as attribute,
            'shop.orders' as one_source,
            'shop.order_lines' as other_source,
            case when known.order_id is null then 'missing_in_one' else 'agrees' end as result
        from lines
        left join {{ ref('stg_shop__orders') }} as known on lines.order_id = known.order_id

        union all

        select
            checkouts.cart_id as order_id,
            'cart' as attribute,
            'shop.orders' as one_source,
            'shop.checkouts' as other_source,
            case when min(orders.order_id) is null then 'missing_in_one' else 'agrees' end as result
        from checkouts
        left join {{ ref('stg_shop__orders') }} as orders on checkouts.cart_id = orders.cart_id
        where checkouts.completed_at is not null and checkouts.cart_id is not null
        group by checkouts.cart_id
    )

select order_id, attribute, one_source, other_source, result
from compared

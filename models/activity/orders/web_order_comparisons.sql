{{ config(materialized='view') }}

with
    orders as (select * from {{ ref('stg_shop__orders') }}),

    events as (select * from {{ ref('stg_web__events') }}),

    completed as (
        select
            order_id,
            min(event_at) as placed_at,
            max(upper({{ json_text('properties', 'currency') }})) as currency,
            max({{ parse_money(json_text('properties', 'total')) }}) as total
        from events
        where event_name = 'Order Completed' and order_id is not null and not is_bot
        group by order_id
    ),

    -- Of the days on which both the shop and its pages told of orders.
    web_days as (select min(placed_at) as first_at, max(placed_at) as last_at from completed),

    web as (
        select
            coalesce(orders.order_id, completed.order_id) as order_id,
            orders.order_id is not null as in_shop,
            completed.order_id is not null as in_web,
            orders.currency = completed.currency as is_one_currency,
            cast(completed.total as double) as web_total,
            cast(orders.total as double) as shop_total,
            {{ seconds_between('orders.created_at', 'completed.placed_at') }} as seconds
        from orders
        full join completed on orders.order_id = completed.order_id
        cross join web_days
        where
            not coalesce(orders.is_test, false)
            and (
                completed.order_id is not null
                or orders.created_at between web_days.first_at and web_days.last_at
            )
    ),

    compared as (
        select
            order_id,
            'order' as attribute,
            'shop.orders' as one_source,
            'web.events' as other_source,
            case
                when not in_shop
                then 'missing_in_one'
                when not in_web
                then 'missing_in_other'
                else 'agrees'
            end as result
        from web

        union all

        select
            order_id,
            'currency' as attribute,
            'shop.orders' as one_source,
            'web.events' as other_source,
            case when is_one_currency then 'agrees' else 'conflicts' end as result
        from web
        where is_one_currency is not null

        union all

        select
            order_id,
            'total' as attribute,
            'shop.orders' as one_source,
            'web.events' as other_source,
            {{ amounts_differ('shop_total', 'web_total') }} as result
        from web
        where in_shop and web_total is not null and is_one_currency

        union all

        -- A page reports within minutes: an hour or more off is another clock or time zone.
        select
            order_id,
            'placed_at' as attribute,
            'shop.orders' as one_source,
            'web.events' as other_source,
            case when abs(seconds) < 3000 then 'agrees' else 'conflicts' end as result
        from web
        where in_shop and in_web
    )

select order_id, attribute, one_source, other_source, result
from compared

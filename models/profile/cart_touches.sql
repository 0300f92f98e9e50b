{{ config(materialized='view') }}

with web_events as (
    select * from {{ ref('stg_web__events') }}
),

orders as (
    select * from {{ ref('stg_shop__orders') }}
),

checkouts as (
    select * from {{ ref('stg_shop__checkouts') }}
),

touches as (
    select
        'web.events' as source_table,
        web_events.message_id as source_key,
        case web_events.event_name
            when 'Product Added' then 'added'
            when 'Product Removed' then 'removed'
            when 'Cart Viewed' then 'viewed'
            when 'Order Completed' then 'ordered'
            else 'checkout'
        end as activity,
        web_events.event_at as activity_at,
        coalesce(web_events.cart_id, orders.cart_id) as cart_id,
        web_events.anonymous_id,
        web_events.user_id,
        cast(null as {{ dbt.type_string() }}) as email_key,
        web_events.product_id,
        web_events.quantity,
        web_events.price,
        upper({{ json_text('web_events.properties', 'currency') }}) as currency,
        cast(null as {{ dbt.type_string() }}) as recovery_url
    from web_events
    left join orders on web_events.order_id = orders.order_id
    where
        web_events.event_type = 'track'
        and not coalesce(web_events.is_bot, false)
        and web_events.event_name in (
            'Product Added', 'Product Removed', 'Cart Viewed', 'Checkout Started',
            'Checkout Step Viewed', 'Checkout Step Completed', 'Payment Info Entered',
            'Coupon Entered', 'Coupon Applied', 'Coupon Denied', 'Coupon Removed',
            'Order Completed'
        )

    union all

    select
        'shop.checkouts' as source_table,
        checkout_id as source_key,
        'checkout' as activity,
        created_at as activity_at,
        cart_id,
        anonymous_id,
        null as user_id,
        email_key,
        null as product_id,
        null as quantity,
        null as price,
        null as currency,
        case when lower(recovery_url) like 'https://%' then recovery_url end as recovery_url
    from checkouts

    union all

    select
        'shop.checkouts' as source_table,
        checkout_id || ':completed' as source_key,
        'ordered' as activity,
        completed_at as activity_at,
        cart_id,
        anonymous_id,
        null as user_id,
        email_key,
        null as product_id,
        null as quantity,
        null as price,
        null as currency,
        null as recovery_url
    from checkouts
    where completed_at is not null

    union all

    -- Whoever ordered and then cancelled has decided: a cancelled order closes its cart as well.
    select
        'shop.orders' as source_table,
        order_id as source_key,
        'ordered' as activity,
        created_at as activity_at,
        cart_id,
        null as anonymous_id,
        null as user_id,
        email_key,
        null as product_id,
        null as quantity,
        null as price,
        currency,
        null as recovery_url
    from orders
    where cart_id is not null
)

select
    source_table,
    source_key,
    activity,
    activity_at,
    cart_id,
    anonymous_id,
    user_id,
    email_key,
    product_id,
    quantity,
    price,
    currency,
    recovery_url
from touches
where activity_at <= {{ as_of() }}

{{ config(materialized='view') }}

{%- set text = dbt.type_string() %}
{%- set columns = {
    'source_table': text, 'source_key': text, 'activity': text, 'activity_at': 'timestamp',
    'cart_id': text, 'anonymous_id': text, 'user_id': text, 'email_key': text,
    'product_id': text, 'quantity': 'integer', 'price': 'decimal(18, 2)', 'currency': text,
    'recovery_url': text,
} %}
{%- set content = ['product_id', 'quantity', 'price'] %}

with
    web_events as (select * from {{ ref('stg_web__events') }}),

    orders as (select * from {{ ref('stg_shop__orders') }}),

    checkouts as (select * from {{ ref('stg_shop__checkouts') }}),

    visitor_touches as (
        select
            'web.events' as source_table,
            web_events.message_id as source_key,
            case
                web_events.event_name
                when 'Product Added'
                then 'added'
                when 'Product Removed'
                then 'removed'
                when 'Cart Viewed'
                then 'viewed'
                when 'Order Completed'
                then 'ordered'
                else 'checkout'
            end as activity,
            web_events.event_at as activity_at,
            coalesce(web_events.cart_id, orders.cart_id) as cart_id,
            web_events.anonymous_id,
            web_events.user_id,
            web_events.product_id,
            web_events.quantity,
            web_events.price,
            upper({{ json_text('web_events.properties', 'currency') }}) as currency
        from web_events
        left join orders on web_events.order_id = orders.order_id
        where
            web_events.event_type = 'track'
            and not coalesce(web_events.is_bot, false)
            and web_events.event_name in (
                'Product Added',
                'Product Removed',
                'Cart Viewed',
                'Checkout Started',
                'Checkout Step Viewed',
                'Checkout Step Completed',
                'Payment Info Entered',
                'Coupon Entered',
                'Coupon Applied',
                'Coupon Denied',
                'Coupon Removed',
                'Order Completed'
            )
    ),

    begun_checkouts as (
        select
            'shop.checkouts' as source_table,
            checkout_id as source_key,
            'checkout' as activity,
            created_at as activity_at,
            cart_id,
            anonymous_id,
            email_key,
            case when lower(recovery_url) like 'https://%' then recovery_url end as recovery_url
        from checkouts
    ),

    completed_checkouts as (
        select
            'shop.checkouts' as source_table,
            checkout_id || ':completed' as source_key,
            'ordered' as activity,
            completed_at as activity_at,
            cart_id,
            anonymous_id,
            email_key
        from checkouts
        where completed_at is not null
    ),

    -- Whoever ordered and then cancelled has decided: a cancelled order closes its cart as well.
    placed_orders as (
        select
            'shop.orders' as source_table,
            order_id as source_key,
            'ordered' as activity,
            created_at as activity_at,
            cart_id,
            email_key,
            currency
        from orders
        where cart_id is not null
    ),

    touches as (
        {{ union_by_name(columns, {
        'visitor_touches': ['email_key', 'recovery_url'],
        'begun_checkouts': ['user_id', 'currency'] + content,
        'completed_checkouts': ['user_id', 'currency', 'recovery_url'] + content,
        'placed_orders': ['anonymous_id', 'user_id', 'recovery_url'] + content,
    }) }}
    )

select {{ columns | join(', ') }}
from touches
where activity_at <= {{ as_of() }}

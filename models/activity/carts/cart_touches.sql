{#- Longer than a page, since each source touches carts in its own way. -#}
{{ config(materialized='view') }}

{%- set text = dbt.type_string() %}
{%- set columns = {
    'source_table': text, 'source_key': text, 'activity': text, 'activity_at': 'timestamp',
    'cart_id': text, 'anonymous_id': text, 'user_id': text, 'email_key': text,
    'product_id': text, 'quantity': 'integer', 'price': 'decimal(18, 2)', 'currency': text,
    'recovery_url': text, 'shop_customer_id': text, 'phone': text, 'received_at': 'timestamp',
    'source_file': text, 'source_line': 'bigint',
} %}
{%- set account = ['shop_customer_id', 'phone'] %}
{%- set content = ['product_id', 'quantity', 'price'] %}
{%- set position = ['received_at', 'source_file', 'source_line'] %}

with
    -- Of what cannot be read in full a purchase is one still. Its key may be another's, or none.
    web_events as (
        select
            *,
            {{ cart_activity('event_name') }} as activity,
            case
                when fate = 'staged'
                then message_id
                else {{ rejected_key(['message_id', 'anonymous_id', 'user_id', 'event_at']) }}
            end as touch_key
        from {{ ref('checked_web__events') }}
        where
            (fate = 'staged' and event_type = 'track')
            or (fate = 'rejected' and {{ cart_activity('event_name') }} = 'ordered')
    ),

    orders as (select * from {{ ref('stg_shop__orders') }}),

    orders_placed as (select * from {{ ref('placed_orders') }}),

    checkouts as (
        select
            *,
            case
                when fate = 'staged'
                then checkout_id
                else {{ rejected_key(['checkout_id', 'anonymous_id', 'email_key', 'phone']) }}
            end as touch_key
        from {{ ref('checked_shop__checkouts') }}
        where fate = 'staged' or (fate = 'rejected' and completed_at is not null)
    ),

    visitor_touches as (
        select
            'web.events' as source_table,
            web_events.touch_key as source_key,
            web_events.activity,
            coalesce(web_events.event_at, web_events.received_at, {{ as_of() }}) as activity_at,
            coalesce(web_events.cart_id, orders.cart_id) as cart_id,
            web_events.anonymous_id,
            web_events.user_id,
            -- A server tells of an order under whatever key it has.
            case
                when web_events.activity = 'ordered'
                then
                    {{ email_key(standardise_email(
                    "coalesce(" ~ json_text('web_events.properties', 'email') ~ ", "
                    ~ json_text('web_events.context', 'traits.email') ~ ", web_events.user_id)"
                )) }}
            end as email_key,
            web_events.product_id,
            web_events.quantity,
            web_events.price,
            {{ currency_code('trim(' ~ json_text('web_events.properties', 'currency') ~ ')') }}
            as currency,
            web_events.received_at,
            web_events.source_file,
            web_events.source_line
        from web_events
        left join orders on web_events.order_id = orders.order_id
        -- A program that looks at carts buys nothing; one that tells of an order is a server.
        where
            web_events.activity is not null
            and (web_events.activity = 'ordered' or not coalesce(web_events.is_bot, false))
    ),

    begun_checkouts as (
        select
            'shop.checkouts' as source_table,
            touch_key as source_key,
            'checkout' as activity,
            created_at as activity_at,
            cart_id,
            anonymous_id,
            email_key,
            phone,
            case when lower(recovery_url) like 'https://%' then recovery_url end as recovery_url
        from checkouts
        where fate = 'staged'
    ),

    completed_checkouts as (
        select
            'shop.checkouts' as source_table,
            touch_key || ':completed' as source_key,
            'ordered' as activity,
            {{ end_of_day('completed_at', as_of()) }} as activity_at,
            cart_id,
            anonymous_id,
            email_key,
            phone
        from checkouts
        where completed_at is not null
    ),

    placed_orders as (
        select
            'shop.orders' as source_table,
            coalesce(order_id, 'unnamed') as source_key,
            'ordered' as activity,
            purchased_at as activity_at,
            cart_id,
            shop_customer_id,
            email_key,
            phone,
            currency
        from orders_placed
    ),

    touches as (
        {{ union_by_name(columns, {
        'visitor_touches': ['recovery_url'] + account,
        'begun_checkouts': ['user_id', 'shop_customer_id', 'currency'] + content + position,
        'completed_checkouts': [
            'user_id', 'shop_customer_id', 'currency', 'recovery_url'
        ] + content + position,
        'placed_orders': ['anonymous_id', 'user_id', 'recovery_url'] + content + position,
    }) }}
    )

select {{ columns | join(', ') }}
from touches
where activity_at <= {{ as_of() }}

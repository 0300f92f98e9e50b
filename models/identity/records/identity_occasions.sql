-- Who looks an order up, refunds or ships it, need not be who bought.
with
    events as (
        select *
        from {{ ref('stg_web__events') }}
        where
            not is_bot
            and (
                order_id is null
                or event_name in ('Checkout Started', 'Payment Info Entered', 'Order Completed')
            )
    ),

    checkouts as (select * from {{ ref('stg_shop__checkouts') }}),

    orders as (select * from {{ ref('stg_shop__orders') }}),

    records as (select * from {{ ref('identity_records') }}),

    -- An account's order has its key.
    guest_orders as (select * from records where source_table = 'shop.orders' and names_its_person),

    traces as (
        select
            'shop.checkouts:' || checkout_id as record_key,
            'cart_id' as identifier_type,
            cart_id as identifier_value,
            created_at as observed_at
        from checkouts
        where cart_id is not null

        union all

        select
            'shop.orders:' || order_id as record_key,
            'cart_id' as identifier_type,
            cart_id as identifier_value,
            created_at as observed_at
        from orders
        where cart_id is not null

        union all

        -- The site may know an order's basket where the shop's export does not tell.
        select
            'shop.orders:' || order_id as record_key,
            'cart_id' as identifier_type,
            cart_id as identifier_value,
            event_at as observed_at
        from events
        where order_id is not null and cart_id is not null

        union all

        select
            'web.users:' || user_id as record_key,
            'cart_id' as identifier_type,
            cart_id as identifier_value,
            event_at as observed_at
        from events
        where user_id is not null and cart_id is not null

        union all

        select
            record_key, 'order_id' as identifier_type, source_key as identifier_value, observed_at
        from guest_orders

        union all

        select
            'web.users:' || user_id as record_key,
            'order_id' as identifier_type,
            order_id as identifier_value,
            event_at as observed_at
        from events
        where user_id is not null and order_id is not null
    ),

    roles as (
        select
            traces.record_key,
            traces.identifier_type,
            traces.identifier_value,
            min(traces.observed_at) as observed_at
        from traces
        inner join records on traces.record_key = records.record_key
        group by traces.record_key, traces.identifier_type, traces.identifier_value
    ),

    -- The id of a basket that several filled, each for himself, is everybody's.
    many_peoples as (
        select cart_id from {{ ref('shared_cart_touches') }} where parts_count > 1 group by cart_id
    ),

    -- An occasion that one record alone took part in tells nothing of anybody.
    shared as (
        select roles.identifier_type, roles.identifier_value
        from roles
        left join
            many_peoples
            on roles.identifier_type = 'cart_id'
            and roles.identifier_value = many_peoples.cart_id
        where many_peoples.cart_id is null
        group by roles.identifier_type, roles.identifier_value
        having count(*) > 1
    )

select roles.record_key, roles.identifier_type, roles.identifier_value, roles.observed_at
from roles
inner join
    shared
    on roles.identifier_type = shared.identifier_type
    and roles.identifier_value = shared.identifier_value

{{ config(materialized='whole') }}

-- depends_on: {{ ref('identity_left_occasions') }}
-- Who looks an order up, refunds or ships it, need not be who bought.
with events as (
    select * from {{ ref('stg_web__events') }}
    where
        not is_bot
        and (
            order_id is null
            or event_name in ('Checkout Started', 'Payment Info Entered', 'Order Completed')
        )
),

checkouts as (select * from {{ ref('stg_shop__checkouts') }}),

orders as (select * from {{ ref('identity_orders') }}),

records as (select * from {{ ref('identity_records') }}),

visits as (
    select * from {{ ref('identity_visits') }}
    where {{ is_reread_occasion('session_id', 'session_key') }}
),

logged_in_baskets as (
    select
        user_id,
        cart_id,
        min(event_at) as observed_at
    from events
    where
        user_id is not null
        and cart_id is not null
        and {{ is_reread_occasion('cart_id', 'cart_id') }}
    group by user_id, cart_id
),

-- A visit is asked only where the basket of a checkout in it does not tell who was logged in.
untold_visits as (
    select visits.session_key
    from visits
    inner join records on visits.record_key = records.record_key
    inner join checkouts on visits.record_key = 'shop.checkouts:' || checkouts.checkout_id
    left join logged_in_baskets on checkouts.cart_id = logged_in_baskets.cart_id
    where logged_in_baskets.cart_id is null
    group by visits.session_key
),

traces as (
    select
        'shop.checkouts:' || checkout_id as record_key,
        'cart_id' as identifier_type,
        cart_id as identifier_value,
        created_at as observed_at
    from checkouts
    where cart_id is not null and {{ is_reread_occasion('cart_id', 'cart_id') }}

    union all

    select 'shop.orders:' || order_id, 'cart_id', cart_id, created_at
    from orders
    where cart_id is not null and {{ is_reread_occasion('cart_id', 'cart_id') }}

    union all

    -- The site may know an order's basket where the shop's export does not tell.
    select 'shop.orders:' || order_id, 'cart_id', cart_id, event_at
    from events
    where
        order_id is not null
        and cart_id is not null
        and {{ is_reread_occasion('cart_id', 'cart_id') }}

    union all

    select 'web.users:' || user_id, 'cart_id', cart_id, observed_at
    from logged_in_baskets

    union all

    -- An account's order has its key.
    select 'shop.orders:' || order_id, 'order_id', order_id, created_at
    from orders
    where is_guest and {{ is_reread_occasion('order_id', 'order_id') }}

    union all

    select 'web.users:' || user_id, 'order_id', order_id, event_at
    from events
    where
        user_id is not null
        and order_id is not null
        and {{ is_reread_occasion('order_id', 'order_id') }}

    union all

    select visits.record_key, 'session_id', visits.session_key, visits.observed_at
    from visits
    inner join untold_visits on visits.session_key = untold_visits.session_key
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

-- An occasion that one record alone took part in tells nothing of anybody.
shared as (
    select identifier_type, identifier_value
    from roles
    group by identifier_type, identifier_value
    having count(*) > 1
)

select
    roles.record_key,
    roles.identifier_type,
    roles.identifier_value,
    roles.observed_at
from roles
inner join shared
    on roles.identifier_type = shared.identifier_type
    and roles.identifier_value = shared.identifier_value

{{ config(materialized='whole') }}

with left_values as (select * from {{ ref('identity_left_values') }}),

checkouts as {{ inline_cte() }} (select * from {{ ref('stg_shop__checkouts') }}),

orders as (select * from {{ ref('stg_shop__orders') }}),

events as {{ inline_cte() }} (
    select * from {{ ref('stg_web__events') }}
    where not is_bot
),

visits as {{ inline_cte() }} (select * from {{ ref('identity_visits') }}),

reread as (select * from {{ ref('identity_reread_records') }}),

of_records as (
    select
        identifier_type,
        identifier_value
    from left_values
    where identifier_type in ('cart_id', 'order_id', 'session_id')
    union
    select 'cart_id', checkouts.cart_id
    from checkouts
    inner join reread
        on checkouts.checkout_id = reread.source_key and reread.source_table = 'shop.checkouts'
    where checkouts.cart_id is not null
    union
    select 'cart_id', orders.cart_id
    from orders
    inner join reread
        on orders.order_id = reread.source_key and reread.source_table = 'shop.orders'
    where orders.cart_id is not null
    union
    select 'order_id', source_key
    from reread
    where source_table = 'shop.orders'
    union
    select 'cart_id', events.cart_id
    from events
    inner join reread
        on events.order_id = reread.source_key and reread.source_table = 'shop.orders'
    where events.cart_id is not null
    union
    select 'cart_id', events.cart_id
    from events
    inner join reread
        on events.user_id = reread.source_key and reread.source_table = 'web.users'
    where events.cart_id is not null
    union
    select 'order_id', events.order_id
    from events
    inner join reread
        on events.user_id = reread.source_key and reread.source_table = 'web.users'
    where events.order_id is not null
    union
    select 'session_id', visits.session_key
    from visits
    inner join reread on visits.record_key = reread.record_key
),

-- The basket of a checkout decides whether its visit is asked.
visits_of_baskets as (
    select visits.session_key
    from of_records
    inner join checkouts on of_records.identifier_value = checkouts.cart_id
    inner join visits on 'shop.checkouts:' || checkouts.checkout_id = visits.record_key
    where of_records.identifier_type = 'cart_id'
    union
    select identifier_value
    from of_records
    where identifier_type = 'session_id'
),

baskets_of_visits as (
    select checkouts.cart_id
    from visits_of_baskets
    inner join visits on visits_of_baskets.session_key = visits.session_key
    inner join checkouts on visits.record_key = 'shop.checkouts:' || checkouts.checkout_id
    where checkouts.cart_id is not null
)

select
    identifier_type,
    identifier_value
from of_records
union
select 'session_id', session_key
from visits_of_baskets
union
select 'cart_id', cart_id
from baskets_of_visits

{{ config(materialized='view') }}

with events as (
    select
        {{ visitor_key() }} as visitor_key,
        user_id,
        event_type,
        message_id,
        order_id
    from {{ ref('stg_web__events') }}
    where not is_bot
),

checkouts as (
    select * from {{ ref('stg_shop__checkouts') }}
    where anonymous_id is not null
)

select
    visitor_key,
    'web.users:' || user_id as record_key
from events
where user_id is not null

union all

select visitor_key, 'web.identify:' || message_id
from events
where user_id is null and event_type = 'identify'

union all

select visitor_key, 'shop.orders:' || order_id
from events
where order_id is not null

union all

select 'a:' || anonymous_id, 'shop.checkouts:' || checkout_id
from checkouts

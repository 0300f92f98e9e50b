{{ config(materialized='table') }}

with events as (
    select * from {{ ref('stg_web__events') }}
    where not is_bot and anonymous_id is not null
),

checkouts as (
    select * from {{ ref('stg_shop__checkouts') }}
    where anonymous_id is not null
),

map as (select * from {{ ref('identity_map') }}),

sightings as (
    select
        anonymous_id,
        'web.users:' || user_id as record_key,
        event_at as seen_at,
        'login' as evidence
    from events
    where user_id is not null

    union all

    select anonymous_id, 'web.identify:' || message_id, event_at, 'identify'
    from events
    where user_id is null and event_type = 'identify'

    union all

    select anonymous_id, 'shop.orders:' || order_id, event_at, 'order'
    from events
    where user_id is null and event_name = 'Order Completed' and order_id is not null

    union all

    select anonymous_id, 'shop.checkouts:' || checkout_id, created_at, 'checkout'
    from checkouts
)

select
    sightings.anonymous_id,
    map.customer_id,
    sightings.seen_at,
    min(sightings.evidence) as evidence
from sightings
inner join map on sightings.record_key = map.record_key
group by sightings.anonymous_id, map.customer_id, sightings.seen_at

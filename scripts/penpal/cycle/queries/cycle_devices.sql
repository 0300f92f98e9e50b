-- One row per device of the people concerned: known of old, or used by one of their logins, forms or orders since.
with
    windows as (select * from cycle.windows where kind = 'all'),

    events as (
        select events.anonymous_id, events.user_id, events.message_id, events.order_id
        from {{ ref('stg_web__events') }} as events
        inner join windows on events.event_at > windows.since
        where
            events.anonymous_id is not null
            and coalesce(events.user_id, events.order_id, events.traits_email, events.traits_phone) is not null
    )

select anonymous_id
from {{ ref('device_sightings') }}
where customer_id in (select customer_id from cycle.people)

union

select anonymous_id
from {{ ref('device_owners') }}
where customer_id in (select customer_id from cycle.people)

union

select events.anonymous_id
from events
inner join cycle.records as records
    on (records.source_table = 'web.users' and events.user_id = records.source_key)

union

select events.anonymous_id
from events
inner join cycle.records as records
    on (records.source_table = 'web.identify' and events.message_id = records.source_key)

union

select events.anonymous_id
from events
inner join cycle.records as records
    on (records.source_table = 'shop.orders' and events.order_id = records.source_key)

union

select checkouts.anonymous_id
from {{ ref('stg_shop__checkouts') }} as checkouts
inner join cycle.records as records
    on records.source_table = 'shop.checkouts'
    and checkouts.checkout_id = records.source_key
where checkouts.anonymous_id is not null

{{ config(materialized='scoped', replaces=[['anonymous_id', 'device_rescanned']]) }}

-- depends_on: {{ ref('device_rescanned') }}
with session_events as (
    select * from {{ ref('web_session_events') }}
    where anonymous_id is not null and {{ is_rescanned('anonymous_id') }}
),

sessions as (select * from {{ ref('web_sessions') }}),

checkouts as (
    select * from {{ ref('device_checkouts') }}
    where {{ is_rescanned('anonymous_id') }}
),

evidence_kinds as (select * from {{ ref('device_evidence') }}),

map as (select * from {{ ref('identity_map') }}),

edges as (select * from {{ ref('identity_edges') }}),

event_sightings as (
    select
        anonymous_id,
        session_id,
        event_at as seen_at,
        event_position,
        case
            when user_id is not null then 'web.users:' || user_id
            when event_type = 'identify' then 'web.identify:' || message_id
            else 'shop.orders:' || order_id
        end as record_key,
        case
            when user_id is not null then 'login'
            when event_type = 'identify' then 'identify'
            else 'order'
        end as evidence
    from session_events
    where
        user_id is not null
        or event_type = 'identify'
        or (event_name = 'Order Completed' and order_id is not null)
),

sightings as (
    select
        event_sightings.anonymous_id,
        event_sightings.record_key,
        event_sightings.seen_at,
        event_sightings.event_position,
        event_sightings.evidence,
        event_sightings.session_id,
        sessions.started_at as session_started_at,
        sessions.ended_at as session_ended_at
    from event_sightings
    inner join sessions on event_sightings.session_id = sessions.session_id

    union all

    select
        anonymous_id,
        'shop.checkouts:' || checkout_id,
        seen_at,
        null,
        'checkout',
        session_id,
        session_started_at,
        session_ended_at
    from checkouts
),

seen_records as (
    select record_key
    from sightings
    group by record_key
),

-- A record that no value of its own tells apart (nameless, on a family's address) is nobody's
-- sighting in particular, and so is one under a blocked value.
telling_records as (
    select edges.record_key
    from edges
    inner join seen_records on edges.record_key = seen_records.record_key
    where edges.identifier_value is not null and edges.rule not like '%:nameless_to_owner'
    group by edges.record_key
),

people as (
    select
        map.record_key,
        map.customer_id,
        map.component
    from map
    inner join telling_records on map.record_key = telling_records.record_key
),

ranked as (
    select
        sightings.anonymous_id,
        people.customer_id,
        people.component,
        sightings.seen_at,
        sightings.event_position,
        sightings.evidence,
        sightings.session_id,
        sightings.session_started_at,
        sightings.session_ended_at,
        row_number() over (
            partition by sightings.anonymous_id, people.customer_id, sightings.seen_at
            order by
                evidence_kinds.trust_rank,
                sightings.event_position desc,
                sightings.session_started_at,
                sightings.session_id nulls last
        ) as place
    from sightings
    inner join evidence_kinds on sightings.evidence = evidence_kinds.evidence
    inner join people on sightings.record_key = people.record_key
)

select
    anonymous_id,
    customer_id,
    component,
    seen_at,
    event_position,
    evidence,
    session_id,
    session_started_at,
    session_ended_at
from ranked
where place = 1

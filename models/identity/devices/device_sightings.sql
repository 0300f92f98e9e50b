with
    session_events as (
        select * from {{ ref('web_session_events') }} where anonymous_id is not null
    ),

    sessions as (select * from {{ ref('web_sessions') }}),

    checkouts as (select * from {{ ref('checkout_sessions') }}),

    evidence_kinds as (select * from {{ ref('device_evidence') }}),

    map as (select * from {{ ref('identity_map') }}),

    event_sightings as (
        select
            anonymous_id,
            session_id,
            event_at as seen_at,
            event_position,
            case
                when user_id is not null
                then 'web.users:' || user_id
                when event_type = 'identify'
                then 'web.identify:' || message_id
                else 'shop.orders:' || order_id
            end as record_key,
            case
                when user_id is not null
                then 'login'
                when event_type = 'identify'
                then 'identify'
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
            'shop.checkouts:' || checkout_id as record_key,
            seen_at,
            null as event_position,
            'checkout' as evidence,
            session_id,
            session_started_at,
            session_ended_at
        from checkouts
    ),

    -- A record that no value of its own tells apart (nameless, on a family's address) is nobody's
    -- sighting in particular, and so is one under a blocked value.
    telling_records as (
        select record_key
        from {{ ref('identity_edges') }}
        where identifier_value is not null and rule not like '%:nameless_to_owner'
        group by record_key
    ),

    ranked as (
        select
            sightings.*,
            map.customer_id,
            map.cluster,
            map.key_group,
            row_number() over (
                partition by sightings.anonymous_id, map.customer_id, sightings.seen_at
                order by
                    evidence_kinds.trust_rank,
                    sightings.event_position desc,
                    sightings.session_started_at,
                    sightings.session_id nulls last
            ) as place
        from sightings
        inner join evidence_kinds on sightings.evidence = evidence_kinds.evidence
        inner join map on sightings.record_key = map.record_key
        inner join telling_records on sightings.record_key = telling_records.record_key
    )

select
    anonymous_id,
    customer_id,
    cluster,
    key_group,
    seen_at,
    event_position,
    evidence,
    session_id,
    session_started_at,
    session_ended_at
from ranked
where place = 1

with
    sightings as (select * from {{ ref('device_sightings') }}),

    evidence_kinds as (select * from {{ ref('device_evidence') }}),

    limits as (select * from {{ ref('identifier_limits') }} where identifier_type = 'anonymous_id'),

    patterns as (
        select * from {{ ref('blocked_identifiers') }} where identifier_type = 'anonymous_id'
    ),

    log_outs as (
        select *
        from {{ ref('web_session_events') }}
        where anonymous_id is not null and {{ is_log_out('event_name') }}
    ),

    shared_devices as (
        select
            sightings.anonymous_id,
            coalesce(count(distinct sightings.customer_id) > limits.max_people, false) as is_kiosk
        from sightings
        cross join limits
        left join patterns on sightings.anonymous_id like patterns.pattern
        where patterns.pattern is null
        group by sightings.anonymous_id, limits.max_people
        having min(sightings.customer_id) <> max(sightings.customer_id)
    ),

    judged as (
        select
            sightings.*,
            shared_devices.is_kiosk,
            min(sightings.customer_id) over session_of_device
            <> max(sightings.customer_id) over session_of_device as is_shared_session,
            row_number() over (
                partition by sightings.anonymous_id, sightings.seen_at
                order by evidence_kinds.trust_rank, sightings.event_position desc, sightings.cluster
            ) as place
        from sightings
        inner join shared_devices on sightings.anonymous_id = shared_devices.anonymous_id
        inner join evidence_kinds on sightings.evidence = evidence_kinds.evidence
        window session_of_device as (partition by sightings.anonymous_id, sightings.session_id)
    ),

    steps as (
        select
            anonymous_id,
            customer_id,
            seen_at as happened_at,
            event_position,
            0 as is_log_out,
            evidence,
            is_kiosk,
            session_id,
            session_started_at,
            session_ended_at
        from judged
        -- On a kiosk people follow each other so closely that only a session with one of them
        -- tells.
        where place = 1 and not (is_kiosk and is_shared_session)
        union all
        select
            log_outs.anonymous_id,
            null as customer_id,
            log_outs.event_at as happened_at,
            log_outs.event_position,
            1 as is_log_out,
            null as evidence,
            shared_devices.is_kiosk,
            log_outs.session_id,
            log_outs.event_at as session_started_at,
            log_outs.event_at as session_ended_at
        from log_outs
        inner join shared_devices on log_outs.anonymous_id = shared_devices.anonymous_id
    ),

    -- Whoever is seen first in a session had it from its start.
    started as (
        select
            *,
            case
                when row_number() over session_steps = 1 then session_started_at else happened_at
            end as starts_at
        from steps
        window
            session_steps as (
                partition by anonymous_id, session_id
                order by happened_at, event_position nulls last, is_log_out
            )
    )

select
    anonymous_id,
    row_number() over (
        partition by anonymous_id
        order by
            starts_at, happened_at, event_position nulls last, is_log_out, session_id nulls last
    ) as step_number,
    customer_id,
    starts_at,
    happened_at,
    is_log_out = 1 as is_log_out,
    evidence,
    is_kiosk,
    session_id,
    session_ended_at
from started

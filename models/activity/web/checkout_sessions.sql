with
    checkouts as (select * from {{ ref('stg_shop__checkouts') }} where anonymous_id is not null),

    session_events as (
        select * from {{ ref('web_session_events') }} where anonymous_id is not null
    ),

    sessions as (select * from {{ ref('web_sessions') }}),

    -- The shop takes a checkout down, not the site: its session is the one around it on the device.
    activities as (
        select
            session_events.anonymous_id,
            session_events.message_id as activity_key,
            cast(null as {{ dbt.type_string() }}) as checkout_id,
            session_events.event_at as active_at,
            session_events.event_at,
            session_events.session_id
        from session_events
        where session_events.anonymous_id in (select checkouts.anonymous_id from checkouts)

        union all

        select anonymous_id, checkout_id, checkout_id, created_at, null, null
        from checkouts
    ),

    neighbours as (
        select
            anonymous_id,
            checkout_id,
            active_at as seen_at,
            max(event_at) over earlier as earlier_at,
            min(event_at) over later as later_at,
            {{ ignoring_nulls('last_value', 'session_id') }} over earlier as earlier_session_id,
            {{ ignoring_nulls('first_value', 'session_id') }} over later as later_session_id
        from activities
        window
            earlier as (
                partition by anonymous_id
                order by active_at, checkout_id nulls first, activity_key
                rows between unbounded preceding and current row
            ),
            later as (
                partition by anonymous_id
                order by active_at, checkout_id nulls first, activity_key
                rows between current row and unbounded following
            )
    ),

    placed as (
        select
            anonymous_id,
            checkout_id,
            seen_at,
            case
                when {{ seconds_between('earlier_at', 'seen_at') }} < {{ session_gap_seconds() }}
                then earlier_session_id
                when {{ seconds_between('seen_at', 'later_at') }} < {{ session_gap_seconds() }}
                then later_session_id
            end as session_id
        from neighbours
        where checkout_id is not null
    )

select
    placed.anonymous_id,
    placed.checkout_id,
    placed.session_id,
    coalesce(least(sessions.started_at, placed.seen_at), placed.seen_at) as session_started_at,
    coalesce(greatest(sessions.ended_at, placed.seen_at), placed.seen_at) as session_ended_at,
    placed.seen_at
from placed
left join sessions on placed.session_id = sessions.session_id

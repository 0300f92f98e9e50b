{{ config(
    materialized='scoped',
    replaces=[["'a:' || anonymous_id", 'identity_source_changes', 'owner']],
) }}

-- depends_on: {{ ref('identity_reread_records') }}
with events as (
    select * from {{ ref('stg_web__events') }}
    where
        not is_bot
        and anonymous_id is not null
        and {{ is_changed_source("'a:' || anonymous_id") }}
),

checkouts as (
    select * from {{ ref('stg_shop__checkouts') }}
    where anonymous_id is not null and {{ is_changed_source("'a:' || anonymous_id") }}
),

limits as (
    select * from {{ ref('identifier_limits') }}
    where identifier_type = 'anonymous_id'
),

patterns as (
    select * from {{ ref('blocked_identifiers') }}
    where identifier_type = 'anonymous_id'
),

-- An id that stands in place of a cookie is everybody's.
devices as (
    select checkouts.anonymous_id
    from checkouts
    left join patterns on checkouts.anonymous_id like patterns.pattern
    where patterns.pattern is null
    group by checkouts.anonymous_id
),

moments as (
    select
        events.anonymous_id,
        events.event_at as seen_at,
        events.user_id,
        case when {{ is_log_out('events.event_name') }} then 1 else 0 end as is_log_out,
        cast(null as {{ dbt.type_string() }}) as checkout_id
    from events
    inner join devices on events.anonymous_id = devices.anonymous_id

    union all

    select checkouts.anonymous_id, checkouts.created_at, null, 0, checkouts.checkout_id
    from checkouts
    inner join devices on checkouts.anonymous_id = devices.anonymous_id
),

with_previous as (
    select
        anonymous_id,
        seen_at,
        user_id,
        is_log_out,
        checkout_id,
        lag(seen_at) over (partition by anonymous_id order by seen_at) as previous_seen_at
    from moments
),

numbered as (
    select
        anonymous_id,
        seen_at,
        user_id,
        checkout_id,
        sum(
            case
                when previous_seen_at is null then 1
                when
                    {{ seconds_between('previous_seen_at', 'seen_at') }}
                    >= {{ session_gap_seconds() }}
                    then 1
                else 0
            end
        ) over until_now
        -- A log-out is the end of a visit: what comes after its moment is in another.
        + sum(is_log_out) over until_now - sum(is_log_out) over moment as session_number
    from with_previous
    window
        -- By time, not by row: moments that are the same are in one visit.
        until_now as (
            partition by anonymous_id
            order by seen_at
            range between unbounded preceding and current row
        ),
        moment as (partition by anonymous_id, seen_at)
),

-- Where more people log in than use a family's device, whoever checks out may be anybody.
kiosks as (
    select numbered.anonymous_id
    from numbered
    cross join limits
    group by numbered.anonymous_id
    having count(distinct numbered.user_id) > min(limits.max_people)
),

-- Whoever is logged in alone is who checks out; with two logins nobody can tell.
sessions as (
    select
        numbered.anonymous_id,
        numbered.session_number,
        min(numbered.seen_at) as started_at
    from numbered
    left join kiosks on numbered.anonymous_id = kiosks.anonymous_id
    where kiosks.anonymous_id is null
    group by numbered.anonymous_id, numbered.session_number
    having count(distinct numbered.user_id) = 1 and count(numbered.checkout_id) > 0
),

sides as (
    select
        coalesce(
            'shop.checkouts:' || numbered.checkout_id, 'web.users:' || numbered.user_id
        ) as record_key,
        sessions.anonymous_id,
        sessions.anonymous_id || ' ' || cast(sessions.started_at as {{ dbt.type_string() }})
            as session_key,
        numbered.seen_at
    from numbered
    inner join sessions
        on numbered.anonymous_id = sessions.anonymous_id
        and numbered.session_number = sessions.session_number
    where coalesce(numbered.checkout_id, numbered.user_id) is not null
)

select
    record_key,
    anonymous_id,
    session_key,
    min(seen_at) as observed_at
from sides
group by record_key, anonymous_id, session_key

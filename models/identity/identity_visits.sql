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

devices as (
    select anonymous_id
    from checkouts
    group by anonymous_id
),

moments as (
    select
        events.anonymous_id,
        events.event_at as seen_at,
        events.user_id,
        cast(null as {{ dbt.type_string() }}) as checkout_id
    from events
    inner join devices on events.anonymous_id = devices.anonymous_id

    union all

    select anonymous_id, created_at, null, checkout_id
    from checkouts
),

with_previous as (
    select
        anonymous_id,
        seen_at,
        user_id,
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
        ) over (
            partition by anonymous_id
            order by seen_at
            -- By time, not by row: moments that are the same are in one visit.
            range between unbounded preceding and current row
        ) as session_number
    from with_previous
),

-- Whoever is logged in alone is who checks out; with two logins nobody can tell.
sessions as (
    select
        anonymous_id,
        session_number,
        min(seen_at) as started_at
    from numbered
    group by anonymous_id, session_number
    having count(distinct user_id) = 1 and count(checkout_id) > 0
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

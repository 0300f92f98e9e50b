-- Every human event with a visitor is in exactly one session.
with
    staged as (
        select count(*) as events_count
        from {{ ref('stg_web__events') }}
        where not coalesce(is_bot, false) and coalesce(anonymous_id, user_id) is not null
    ),

    sessions as (select sum(events_count) as events_count from {{ ref('web_sessions') }})

select staged.events_count as staged_count, sessions.events_count as sessions_count
from staged
cross join sessions
where staged.events_count <> coalesce(sessions.events_count, 0)

{%- set clock = "cast('2026-01-01 ' || {} || ':00' as timestamp)" %}

with
    candidates as (select * from {{ ref('email_candidates') }}),

    campaigns as (select * from {{ ref('campaigns') }}),

    limits as (select * from {{ ref('customer_letter_limits') }}),

    best_hours as (select * from {{ ref('customer_best_hours') }}),

    -- The step before in a sequence, for the same occasion.
    steps as (
        select campaign, customer_id, occasion, min(sent_at) as sent_at
        from {{ ref('customer_letters') }}
        where occasion is not null
        group by campaign, customer_id, occasion
    ),

    started as (
        select
            candidates.message_id,
            candidates.expires_at,
            campaigns.quiet_from,
            campaigns.quiet_to,
            campaigns.send_from,
            campaigns.send_to,
            campaigns.follows,
            steps.sent_at as step_sent_at,
            case
                when campaigns.follows is null
                then candidates.send_after
                else {{ add_seconds('steps.sent_at', '60 * campaigns.wait_minutes') }}
            end as wait_ends_at,
            case when campaigns.send_time = 'best_hour' then best_hours.best_hour end as best_hour,
            limits.timezone,
            limits.local_now,
            {{ as_of() }} as clock
        from candidates
        inner join campaigns on candidates.campaign = campaigns.campaign
        inner join limits on candidates.customer_id = limits.customer_id
        left join best_hours on candidates.customer_id = best_hours.customer_id
        left join
            steps
            on campaigns.follows = steps.campaign
            and candidates.customer_id = steps.customer_id
            and candidates.occasion = steps.occasion
    ),

    local as (select *, {{ to_local('wait_ends_at', 'timezone') }} as wait_ends_local from started),

    at_best_hours as (
        select
            *,
            case
                when extract(hour from wait_ends_local) <> best_hour
                then
                    {{ next_local_moment(
                'wait_ends_at', 'wait_ends_local', 'timezone', '(60 * best_hour)'
            ) }}
            end as best_hour_at,
            coalesce({{ is_between_hours('local_now', 'quiet_from', 'quiet_to') }}, false)
            or not coalesce(
                {{ is_between_hours('local_now', 'send_from', 'send_to') }}, true
            ) as is_quiet
        from local
    ),

    -- Hours end where the quiet ones do or the window begins, whichever the other one allows.
    opened as (
        select
            *,
            case
                when
                    is_quiet
                    and coalesce(
                        {{ is_between_hours(clock.format('quiet_to'), 'send_from', 'send_to') }},
                        quiet_to is not null
                    )
                then
                    {{ next_local_moment(
                'clock', 'local_now', 'timezone', minutes_of('quiet_to')
            ) }}
            end as quiet_ends_at,
            case
                when
                    is_quiet
                    and not coalesce(
                        {{ is_between_hours(clock.format('send_from'), 'quiet_from', 'quiet_to') }},
                        send_from is null
                    )
                then
                    {{ next_local_moment(
                'clock', 'local_now', 'timezone', minutes_of('send_from')
            ) }}
            end as window_begins_at
        from at_best_hours
    )

select
    message_id,
    follows,
    step_sent_at,
    -- A best hour that comes too late is none.
    case when best_hour_at < expires_at then best_hour_at else wait_ends_at end as send_after,
    case when best_hour_at < expires_at then best_hour end as best_hour,
    timezone,
    local_now,
    is_quiet,
    least(
        coalesce(quiet_ends_at, window_begins_at), coalesce(window_begins_at, quiet_ends_at)
    ) as quiet_until
from opened

-- What `scripts/check_data.py rules` tells with its line and the valid words, for who builds alone.
with
    campaigns as (select * from {{ ref('campaigns') }}),

    variants as (select * from {{ ref('campaign_variants') }}),

    weights as (
        select experiment, sum(weight) as weight, min(weight) as least_weight
        from variants
        group by experiment
    ),

    days as (
        select
            campaign,
            experiment,
            coalesce(active_from, date '0001-01-01') as first_day,
            coalesce(active_until, date '9999-12-31') as last_day
        from campaigns
    )

select campaign, 'waits until it has expired' as problem
from campaigns
where wait_minutes >= 60 * expires_after_hours

union all

select campaign, 'has a negative number, or a share that is none' as problem
from campaigns
where
    least(wait_minutes, cooldown_days, priority, coalesce(daily_volume, 0)) < 0
    or not coalesce(holdout_share, 0) between 0 and 0.999999

union all

select campaign, 'ends before it begins' as problem
from days
where first_day > last_day
{%- for column in ['quiet_from', 'quiet_to', 'send_from', 'send_to'] %}

    union all

    select campaign, '{{ column }} is no time of day, HH:MM' as problem
    from campaigns
    where not {{ regex_full_match(column, '([01][0-9]|2[0-3]):[0-5][0-9]') }}
{%- endfor %}

union all

select campaign, 'has one end of its hours only' as problem
from campaigns
where (quiet_from is null) <> (quiet_to is null) or (send_from is null) <> (send_to is null)

union all

select campaigns.campaign, 'has an experiment without variants' as problem
from campaigns
left join weights on campaigns.experiment = weights.experiment
where campaigns.experiment is not null and weights.experiment is null

union all

select days.campaign, 'shares its experiment with another campaign at a time' as problem
from days
inner join
    days as others
    on days.experiment = others.experiment
    and days.campaign <> others.campaign
    and days.first_day <= others.last_day
    and others.first_day <= days.last_day

union all

select campaigns.campaign, 'follows no campaign of its trigger' as problem
from campaigns
left join
    campaigns as befores
    on campaigns.follows = befores.campaign
    and campaigns.trigger = befores.trigger
    and campaigns.campaign <> befores.campaign
where campaigns.follows is not null and befores.campaign is null

union all

select experiment as campaign, 'has weights that do not make 1' as problem
from weights
where abs(weight - 1) > 0.000001 or least_weight < 0

with events as (select * from {{ ref('email_events') }})

select
    email_key,
    cast(occurred_at as date) as happened_on,
    cast(sum(case when event_type = 'delivered' then 1 else 0 end) as bigint) as delivered_count,
    cast(
        sum(case when event_type = 'opened' and not is_machine then 1 else 0 end) as bigint
    ) as opened_count,
    cast(
        sum(case when event_type = 'opened' and is_machine then 1 else 0 end) as bigint
    ) as machine_opened_count,
    cast(
        sum(case when event_type = 'clicked' and not is_machine then 1 else 0 end) as bigint
    ) as clicked_count,
    cast(
        sum(case when event_type = 'clicked' and is_machine then 1 else 0 end) as bigint
    ) as machine_clicked_count,
    cast(
        sum(case when event_type = 'bounced' and bounce_type = 'hard' then 1 else 0 end) as bigint
    ) as hard_bounced_count,
    cast(
        sum(
            case
                when event_type = 'bounced' and coalesce(bounce_type, 'soft') <> 'hard'
                then 1
                else 0
            end
        ) as bigint
    ) as soft_bounced_count,
    cast(sum(case when event_type = 'complained' then 1 else 0 end) as bigint) as complained_count,
    cast(
        sum(case when event_type = 'unsubscribed' then 1 else 0 end) as bigint
    ) as unsubscribed_count
from events
group by email_key, cast(occurred_at as date)

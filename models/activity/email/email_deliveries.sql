with
    email_events as (select * from {{ ref('email_events') }}),

    deliveries as (
        select
            email_key,
            max(case when event_type = 'delivered' then occurred_at end) as last_delivered_at,
            max(
                case
                    when event_type in ('opened', 'clicked') and not is_machine then occurred_at
                end
            ) as last_engaged_at
        from email_events
        group by email_key
    ),

    -- Soft bounces in a row: those that no later delivery made good.
    soft_bounces as (
        select
            email_events.email_key,
            count(*) as soft_bounces_count,
            max(email_events.occurred_at) as last_soft_bounce_at
        from email_events
        inner join deliveries on email_events.email_key = deliveries.email_key
        where
            email_events.event_type = 'bounced'
            and coalesce(email_events.bounce_type, 'soft') <> 'hard'
            and coalesce(email_events.occurred_at >= deliveries.last_delivered_at, true)
        group by email_events.email_key
    )

select
    deliveries.email_key,
    deliveries.last_delivered_at,
    deliveries.last_engaged_at,
    coalesce(soft_bounces.soft_bounces_count, 0) as soft_bounces_count,
    soft_bounces.last_soft_bounce_at
from deliveries
left join soft_bounces on deliveries.email_key = soft_bounces.email_key

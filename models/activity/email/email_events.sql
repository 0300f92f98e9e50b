{%- set machines = var('machine_events') %}

with
    events as (select * from {{ ref('stg_email__events') }} where event_type <> 'other'),

    deliveries as (
        select email_key, message_id, min(occurred_at) as delivered_at
        from events
        where event_type = 'delivered' and message_id is not null
        group by email_key, message_id
    ),

    clicks as (select * from events where event_type = 'clicked' and message_id is not null),

    -- Nobody reads that fast: several links of one letter within seconds.
    clicks_at_once as (
        select clicks.event_id
        from clicks
        inner join
            clicks as others
            on clicks.email_key = others.email_key
            and clicks.message_id = others.message_id
            and {{ seconds_between('clicks.occurred_at', 'others.occurred_at') }}
            between - {{ machines.at_once_seconds }} and {{ machines.at_once_seconds }}
        group by clicks.event_id
        having count(distinct others.url) >= {{ machines.links }}
    )

select
    events.event_id,
    events.message_id,
    events.email,
    events.email_key,
    events.event_type,
    events.occurred_at,
    events.url,
    events.bounce_type,
    coalesce(events.is_machine_open, false)
    or (
        events.event_type in ('opened', 'clicked')
        and coalesce(
            {{ seconds_between('deliveries.delivered_at', 'events.occurred_at') }}
            between - {{ machines.after_delivery_seconds }}
            and {{ machines.after_delivery_seconds }},
            false
        )
    )
    or clicks_at_once.event_id is not null as is_machine
from events
left join
    deliveries
    on events.email_key = deliveries.email_key
    and events.message_id = deliveries.message_id
left join clicks_at_once on events.event_id = clicks_at_once.event_id

with
    email_events as (select * from {{ ref('email_events') }} where not is_machine),

    email_owners as (
        select identifier_value as email_key, customer_id
        from {{ ref('customer_identifiers') }}
        where identifier_type = 'email' and customer_id is not null
    ),

    weights as (select * from {{ ref('engagement_weights') }}),

    -- A letter counts once, however often it was opened; an event without a letter is one of its
    -- own.
    letters as (
        select
            email_owners.customer_id,
            case email_events.event_type when 'clicked' then 'click' else 'open' end as activity,
            max(email_events.occurred_at) as happened_at
        from email_events
        inner join email_owners on email_events.email_key = email_owners.email_key
        where email_events.event_type in ('opened', 'clicked')
        group by
            email_owners.customer_id,
            email_events.event_type,
            coalesce(email_events.message_id, email_events.event_id)
    ),

    activities as (
        select customer_id, 'visit' as activity, started_at as happened_at
        from {{ ref('customer_sessions') }}

        union all

        select customer_id, 'order' as activity, created_at as happened_at
        from {{ ref('customer_orders') }}
        where is_paid

        union all

        select customer_id, activity, happened_at
        from letters
    ),

    -- In decimals, whose sum does not depend on the order.
    decayed as (
        select
            activities.customer_id,
            activities.activity,
            count(*) as times,
            max(activities.happened_at) as last_at,
            sum(
                cast(
                    power(
                        cast(0.5 as double),
                        {{ days_since('activities.happened_at') }}
                        / cast(weights.half_life_days as double)
                    ) as decimal(18, 6)
                )
            ) as worth
        from activities
        inner join weights on activities.activity = weights.activity
        where activities.happened_at <= {{ as_of() }}
        group by activities.customer_id, activities.activity
    )

select
    decayed.customer_id,
    decayed.activity,
    decayed.times,
    decayed.last_at,
    cast(decayed.worth as decimal(18, 6)) as worth,
    cast(
        weights.points
        * least(cast(1 as double), cast(decayed.worth as double) / weights.enough) as decimal(9, 4)
    ) as points
from decayed
inner join weights on decayed.activity = weights.activity

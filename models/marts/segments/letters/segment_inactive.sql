{% set thresholds = segment_thresholds(idle_days=inactive_days()) %}

with
    customers as (select * from {{ ref('customers') }}),

    customer_orders as (select * from {{ ref('customer_orders') }}),

    customer_web_events as (select * from {{ ref('customer_web_events') }}),

    -- Orders count whatever became of them; opens do not, since machines open letters.
    activities as (
        select customer_id, 'visit' as activity, max(event_at) as activity_at
        from customer_web_events
        where event_at <= {{ as_of() }}
        group by customer_id

        union all

        select customer_id, 'order' as activity, max(created_at) as activity_at
        from customer_orders
        where created_at <= {{ as_of() }}
        group by customer_id

        union all

        -- Machines click too: this is the last click of a person.
        select customer_id, 'click' as activity, last_click_at as activity_at
        from customers
        where last_click_at <= {{ as_of() }}
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by customer_id order by activity_at desc, activity asc
            ) as recency
        from activities
    )

select
    customer_id,
    {{ add_days('activity_at', thresholds.idle_days) }} as qualified_at,
    {{ sentence("last {activity} {" ~ ago("activity_at") ~ "}") }} as reason
from ranked
where recency = 1 and activity_at <= {{ add_days(as_of(), -thresholds.idle_days) }}

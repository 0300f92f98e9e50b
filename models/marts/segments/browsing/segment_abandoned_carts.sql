{% set thresholds = segment_thresholds(idle_minutes=cart_idle_minutes(), within_hours=72) %}

with
    customer_carts as (select * from {{ ref('customer_carts') }}),

    abandoned as (
        select
            *,
            row_number() over (
                partition by customer_id order by left_at desc, cart_key asc
            ) as recency
        from customer_carts
        where
            items_count > 0
            and purchased_at is null
            and left_at <= {{ add_seconds(as_of(), -60 * thresholds.idle_minutes) }}
            and left_at >= {{ add_seconds(as_of(), -3600 * thresholds.within_hours) }}
    )

select
    customer_id,
    {{ add_seconds('left_at', 60 * thresholds.idle_minutes) }} as qualified_at,
    {{
        sentence(
            "cart{coalesce(' ' || cart_id, '')} left {" ~ ago("left_at") ~ "} with {"
            ~ counted("items_count", "item") ~ "}"
        )
    }} as reason
from abandoned
where recency = 1

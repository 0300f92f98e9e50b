{% set thresholds = segment_thresholds(idle_minutes=cart_idle_minutes()) %}

with
    customer_carts as (select * from {{ ref('customer_carts') }}),

    carts as (
        select
            *,
            row_number() over (
                partition by customer_id order by left_at desc, cart_key asc
            ) as recency
        from customer_carts
        where
            items_count > 0
            and purchased_at is null
            and {{ within_last('left_at', minutes=thresholds.idle_minutes) }}
    )

select
    customer_id,
    left_at as qualified_at,
    {{
        sentence(
            "touched a cart with {" ~ counted("items_count", "item") ~ "} {"
            ~ ago("left_at") ~ "}"
        )
    }} as reason
from carts
where recency = 1

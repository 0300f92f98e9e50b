{% set thresholds = segment_thresholds(within_hours=48) %}

with
    customer_carts as (select * from {{ ref('customer_carts') }}),

    filled as (
        select customer_id, left_at as happened_at
        from customer_carts
        where
            items_count > 0
            and purchased_at is null
            and {{ within_last('left_at', hours=thresholds.within_hours) }}
    ),

    bought as (
        select customer_id, purchased_at as happened_at from {{ ref('customer_purchases') }}
    ),

    -- A cart, without a purchase since.
    waiting as ({{ sequence(["filled"], without="bought") }})

select
    customer_id,
    qualified_at,
    {{ sentence("filled a cart {" ~ ago("qualified_at") ~ "} and completed no checkout since") }}
    as reason
from waiting

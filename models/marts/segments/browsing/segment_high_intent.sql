{% set thresholds = segment_thresholds(within_hours=48) %}

with
    customer_carts as (select * from {{ ref('customer_carts') }}),

    filled as (
        select customer_id, left_at as happened_at
        from customer_carts
        where items_count > 0 and {{ within_last('left_at', hours=thresholds.within_hours) }}
    ),

    bought as (
        select customer_id, coalesce(purchased_at, ordered_at) as happened_at
        from customer_carts
        where coalesce(purchased_at, ordered_at) is not null

        union all

        select customer_id, created_at as happened_at
        from {{ ref('customer_orders') }}
        where status <> 'cancelled' and created_at <= {{ as_of() }}
    ),

    -- A cart, without a purchase since.
    waiting as ({{ sequence(["filled"], without="bought") }})

select
    customer_id,
    qualified_at,
    {{ sentence("filled a cart {" ~ ago("qualified_at") ~ "} and completed no checkout since") }}
    as reason
from waiting

{% set thresholds = segment_thresholds(from_orders=1, to_orders=2, within_days=180) %}

with
    orders as (
        select customer_id, created_at as happened_at
        from {{ ref('customer_orders') }}
        where is_paid
    ),

    buyers as (
        {{ at_least_n_times(thresholds.from_orders, "orders", within_days=thresholds.within_days) }}
    )

select
    customer_id,
    qualified_at,
    {{
        sentence(
            "paid for {" ~ counted("times", "order") ~ "} in " ~ thresholds.within_days
            ~ " days, the last one {" ~ ago("last_at") ~ "}"
        )
    }} as reason
from buyers
where times <= {{ thresholds.to_orders }}

{% set thresholds = segment_thresholds(top_percent=10) %}

with
    ranked as (
        select
            customer_id,
            lifetime_revenue,
            last_order_at,
            rank() over (order by lifetime_revenue desc) as revenue_rank,
            count(*) over () as buyers_count
        from {{ ref('customers') }}
        where lifetime_revenue > 0
    )

select
    customer_id,
    last_order_at as qualified_at,
    {{
        sentence(
            "spent {lifetime_revenue} " ~ var("base_currency")
            ~ ", number {revenue_rank} of {buyers_count} buyers"
        )
    }} as reason
from ranked
where 100 * revenue_rank <= {{ thresholds.top_percent }} * buyers_count

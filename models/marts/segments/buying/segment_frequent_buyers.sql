{% set thresholds = segment_thresholds(orders=3, within_days=180, sessions_30d=4) %}

with
    customers as (select * from {{ ref('customers') }}),

    orders as (
        select customer_id, created_at as happened_at
        from {{ ref('customer_orders') }}
        where is_paid
    ),

    buyers as (
        {{ at_least_n_times(thresholds.orders, "orders", within_days=thresholds.within_days) }}
    )

select
    buyers.customer_id,
    buyers.qualified_at,
    {{
        sentence(
            "paid for {buyers.times} orders in " ~ thresholds.within_days
            ~ " days and came {customers.sessions_30d} times in 30 days"
        )
    }} as reason
from buyers
inner join customers on buyers.customer_id = customers.customer_id
where customers.sessions_30d >= {{ thresholds.sessions_30d }}

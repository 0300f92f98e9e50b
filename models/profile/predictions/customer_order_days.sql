with orders as (select * from {{ ref('customer_orders') }} where created_at <= {{ as_of() }})

select
    customer_id,
    cast(created_at as date) as ordered_on,
    cast(
        {{ days_between_dates('cast(created_at as date)', 'cast(' ~ as_of() ~ ' as date)') }}
        as integer
    ) as days_ago,
    cast(sum(case when is_paid then 1 else 0 end) as bigint) as orders_count,
    cast(coalesce(sum(revenue_base), 0) as decimal(18, 2)) as revenue
from orders
group by customer_id, cast(created_at as date)
having sum(case when is_paid then 1 else 0 end) > 0 or sum(revenue_base) <> 0

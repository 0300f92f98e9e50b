{% set thresholds = {'orders': 3, 'within_days': 180} %}
{{ config(meta={'thresholds': thresholds}) }}

with
    customer_orders as (select * from {{ ref('customer_orders') }}),

    numbered as (
        select
            customer_id,
            created_at,
            row_number() over (
                partition by customer_id order by created_at, order_id
            ) as order_number
        from customer_orders
        where
            is_paid
            and created_at > {{ add_days(as_of(), -thresholds.within_days) }}
            and created_at <= {{ as_of() }}
    )

select
    customer_id,
    max(case when order_number = {{ thresholds.orders }} then created_at end) as qualified_at,
    'paid for '
    || cast(count(*) as {{ dbt.type_string() }})
    || ' orders in {{ thresholds.within_days }} days' as reason
from numbered
group by customer_id
having count(*) >= {{ thresholds.orders }}

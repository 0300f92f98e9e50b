{% set thresholds = trigger_thresholds(orders=4, within_days=60) %}

with
    paid as (select * from {{ ref('customer_orders') }} where is_paid),

    counted as (
        select
            customer_id,
            order_id,
            created_at,
            coalesce(
                lag(created_at, {{ thresholds.orders - 1 }}) over orders
                > {{ add_days('created_at', -thresholds.within_days) }},
                false
            ) as is_enough
        from paid
        window orders as (partition by customer_id order by created_at, order_id)
    ),

    with_previous as (
        select
            *,
            lag(is_enough) over (
                partition by customer_id order by created_at, order_id
            ) as was_enough
        from counted
    )

-- The order that made it enough; while it stays enough there is no other occasion.
select
    customer_id,
    order_id as occasion,
    created_at as happened_at,
    created_at as qualified_at,
    false as is_over,
    cast(null as {{ dbt.type_string() }}) as over_reason,
    cast(null as {{ dbt.type_string() }}) as cart_key,
    order_id,
    cast(null as {{ dbt.type_string() }}) as product_id,
    cast(null as {{ dbt.type_string() }}) as to_email_key
from with_previous
where is_enough and not coalesce(was_enough, false)

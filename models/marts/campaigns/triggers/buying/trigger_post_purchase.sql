{% set thresholds = trigger_thresholds(days=10) %}

with
    customer_orders as (select * from {{ ref('customer_orders') }}),

    -- By then it has arrived, and was tried.
    orders as (
        select
            *,
            {{ add_days('created_at', thresholds.days) }} as tried_at,
            case when status in ('cancelled', 'refunded') then 'order_undone' end as over_reason
        from customer_orders
        where
            not is_test
            and total >= 0
            and items_count > 0
            and (is_paid or status in ('cancelled', 'refunded'))
    )

select
    customer_id,
    order_id as occasion,
    created_at as happened_at,
    tried_at as qualified_at,
    over_reason is not null as is_over,
    over_reason,
    cast(null as {{ dbt.type_string() }}) as cart_key,
    order_id,
    cast(null as {{ dbt.type_string() }}) as product_id,
    cast(null as {{ dbt.type_string() }}) as to_email_key
from orders
where tried_at <= {{ as_of() }}

{% set thresholds = trigger_thresholds(idle_hours=24) %}

with
    customer_carts as (select * from {{ ref('customer_carts') }}),

    -- Bought within a day, a cart needs no reminder; bought later, it is over.
    open_carts as (
        select
            *,
            case
                when purchased_at is not null
                then 'already_purchased'
                when not is_offered
                then 'nothing_left'
            end as over_reason
        from customer_carts
        where
            items_count > 0
            and {{ seconds_between('left_at', 'coalesce(purchased_at, ' ~ as_of() ~ ')') }}
            >= {{ 3600 * thresholds.idle_hours }}
    )

select
    customer_id,
    {{ cart_occasion() }} as occasion,
    left_at as happened_at,
    {{ add_seconds('left_at', 3600 * thresholds.idle_hours) }} as qualified_at,
    over_reason is not null as is_over,
    over_reason,
    cart_key,
    cast(null as {{ dbt.type_string() }}) as order_id,
    cast(null as {{ dbt.type_string() }}) as product_id,
    cast(null as {{ dbt.type_string() }}) as to_email_key
from open_carts

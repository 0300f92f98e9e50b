{% set thresholds = trigger_thresholds(idle_minutes=60) %}

with
    customer_carts as (select * from {{ ref('customer_carts') }}),

    checkouts as (
        select cart_key, max(activity_at) as checkout_at
        from {{ ref('cart_events') }}
        where activity = 'checkout'
        group by cart_key
    ),

    begun as (
        select
            customer_carts.*,
            checkouts.checkout_at,
            case
                when customer_carts.purchased_at is not null
                then 'already_purchased'
                when not customer_carts.is_offered
                then 'nothing_left'
            end as over_reason
        from customer_carts
        inner join checkouts on customer_carts.cart_key = checkouts.cart_key
        where
            customer_carts.items_count > 0
            and {{
                seconds_between(
                    'checkouts.checkout_at',
                    'coalesce(customer_carts.purchased_at, ' ~ as_of() ~ ')',
                )
            }} >= {{ 60 * thresholds.idle_minutes }}
    )

select
    customer_id,
    {{ cart_occasion() }} as occasion,
    checkout_at as happened_at,
    {{ add_seconds('checkout_at', 60 * thresholds.idle_minutes) }} as qualified_at,
    over_reason is not null as is_over,
    over_reason,
    cart_key,
    cast(null as {{ dbt.type_string() }}) as order_id,
    cast(null as {{ dbt.type_string() }}) as product_id,
    cast(null as {{ dbt.type_string() }}) as to_email_key
from begun

with customer_carts as (select * from {{ ref('customer_carts') }})

-- What was bought since, or is gone by, stays an occasion, to give the reason.
select
    customer_id,
    -- A new round of a cart is a new occasion.
    {{ cart_occasion() }} as occasion,
    left_at as happened_at,
    {{ add_seconds('left_at', 60 * cart_idle_minutes()) }} as qualified_at,
    purchased_at is not null or not coalesce(is_offered, true) as is_over,
    case
        when purchased_at is not null
        then 'already_purchased'
        when not is_offered
        then 'nothing_left'
    end as over_reason,
    cart_key,
    cast(null as {{ dbt.type_string() }}) as order_id,
    cast(null as {{ dbt.type_string() }}) as product_id
from customer_carts
where
    items_count > 0
    and {{ seconds_between('left_at', 'coalesce(ordered_at, ' ~ as_of() ~ ')') }}
    >= {{ 60 * cart_idle_minutes() }}

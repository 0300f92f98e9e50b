with
    inactive as (select * from {{ ref('segment_inactive') }}),

    customers as (select * from {{ ref('customers') }}),

    -- One occasion a spell of silence: the day of the last activity.
    spells as (
        select
            inactive.customer_id,
            customers.timezone,
            inactive.qualified_at,
            {{ add_days('inactive.qualified_at', -inactive_days()) }} as happened_at
        from inactive
        inner join customers on inactive.customer_id = customers.customer_id
    )

select
    customer_id,
    cast(
        cast({{ to_local('happened_at', 'timezone') }} as date) as {{ dbt.type_string() }}
    ) as occasion,
    happened_at,
    qualified_at,
    false as is_over,
    cast(null as {{ dbt.type_string() }}) as over_reason,
    cast(null as {{ dbt.type_string() }}) as cart_key,
    cast(null as {{ dbt.type_string() }}) as order_id,
    cast(null as {{ dbt.type_string() }}) as product_id
from spells

with customer_birthdays as (select * from {{ ref('customer_birthdays') }})

-- A birthday gone by stays an occasion, to give the reason.
select
    customer_id,
    cast(extract(year from birthday_on) as {{ dbt.type_string() }}) as occasion,
    started_at as happened_at,
    started_at as qualified_at,
    false as is_over,
    cast(null as {{ dbt.type_string() }}) as over_reason,
    cast(null as {{ dbt.type_string() }}) as cart_key,
    cast(null as {{ dbt.type_string() }}) as order_id,
    cast(null as {{ dbt.type_string() }}) as product_id
from customer_birthdays

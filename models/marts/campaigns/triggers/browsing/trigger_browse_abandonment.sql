{% set thresholds = trigger_thresholds(quiet_hours=4) %}

with
    looks as (select * from {{ ref('customer_product_looks') }}),

    products as (select * from {{ ref('products') }}),

    numbered as (
        select
            *,
            row_number() over (
                partition by customer_id, session_id order by looked_at, message_id
            ) as look_number
        from looks
    ),

    visits as (
        select
            customer_id,
            session_id,
            {{ last_by('product_id', 'look_number') }} as product_id,
            min(looked_at) as started_at,
            max(looked_at) as ended_at
        from numbered
        where not is_carted
        group by customer_id, session_id
    ),

    with_next as (
        select *, lead(started_at) over (partition by customer_id order by started_at) as next_at
        from visits
    ),

    last_carted as (
        select customer_id, max(looked_at) as carted_at
        from looks
        where is_carted
        group by customer_id
    ),

    last_purchases as (
        select customer_id, max(purchased_at) as purchased_at
        from {{ ref('customer_purchases') }}
        group by customer_id
    ),

    quiet as (
        select
            with_next.*,
            case
                when last_purchases.purchased_at >= with_next.started_at
                then 'already_purchased'
                when last_carted.carted_at >= with_next.started_at
                then 'in_cart'
                when products.shop_rank is null
                then 'nothing_left'
            end as over_reason
        from with_next
        left join last_purchases on with_next.customer_id = last_purchases.customer_id
        left join last_carted on with_next.customer_id = last_carted.customer_id
        left join products on with_next.product_id = products.product_id
        where
            {{ seconds_between('ended_at', 'coalesce(next_at, ' ~ as_of() ~ ')') }}
            >= {{ 3600 * thresholds.quiet_hours }}
    )

select
    customer_id,
    session_id as occasion,
    ended_at as happened_at,
    {{ add_seconds('ended_at', 3600 * thresholds.quiet_hours) }} as qualified_at,
    over_reason is not null as is_over,
    over_reason,
    cast(null as {{ dbt.type_string() }}) as cart_key,
    cast(null as {{ dbt.type_string() }}) as order_id,
    product_id,
    cast(null as {{ dbt.type_string() }}) as to_email_key
from quiet

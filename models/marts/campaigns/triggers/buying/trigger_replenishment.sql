{% set thresholds = trigger_thresholds(times=3, min_days=7, max_days=365) %}

with
    bought as (
        select customer_id, product_id, order_id, min(ordered_at) as bought_at
        from {{ ref('customer_order_lines') }}
        where is_paid and quantity > 0
        group by customer_id, product_id, order_id
    ),

    products as (select * from {{ ref('products') }}),

    with_neighbours as (
        select
            *,
            row_number() over purchases as times,
            first_value(bought_at) over purchases as first_bought_at,
            lead(bought_at) over purchases as next_bought_at
        from bought
        window purchases as (partition by customer_id, product_id order by bought_at, order_id)
    ),

    -- The customer's own rhythm for it: the time from the first to the last, by the steps between.
    rhythms as (
        select
            *,
            cast(
                floor({{ seconds_between('first_bought_at', 'bought_at') }} / (times - 1)) as bigint
            ) as rhythm_seconds
        from with_neighbours
        where times >= {{ thresholds.times }}
    ),

    due as (
        select
            rhythms.*,
            {{ add_seconds('rhythms.bought_at', 'rhythms.rhythm_seconds') }} as due_at,
            case
                when rhythms.next_bought_at is not null
                then 'already_purchased'
                when products.shop_rank is null
                then 'nothing_left'
            end as over_reason
        from rhythms
        left join products on rhythms.product_id = products.product_id
        where
            rhythms.rhythm_seconds
            between {{ 86400 * thresholds.min_days }} and {{ 86400 * thresholds.max_days }}
    )

select
    customer_id,
    product_id || '@' || order_id as occasion,
    bought_at as happened_at,
    due_at as qualified_at,
    over_reason is not null as is_over,
    over_reason,
    cast(null as {{ dbt.type_string() }}) as cart_key,
    order_id,
    product_id,
    cast(null as {{ dbt.type_string() }}) as to_email_key
from due
where due_at <= coalesce(next_bought_at, {{ as_of() }})

{% set thresholds = trigger_thresholds(looked_within_days=60) %}

with
    returns as (select * from {{ ref('product_changes') }} where is_back_in_stock),

    looks as (select * from {{ ref('customer_product_looks') }}),

    customer_products as (select * from {{ ref('customer_products') }}),

    products as (select * from {{ ref('products') }}),

    -- Who looked at it, or had it in a cart, before it came back.
    wanted as (
        select
            looks.customer_id,
            returns.product_id,
            returns.changed_at,
            max(looks.looked_at) as last_look_at
        from returns
        inner join looks on returns.product_id = looks.product_id
        where
            looks.looked_at <= returns.changed_at
            and looks.looked_at
            > {{ add_days('returns.changed_at', -thresholds.looked_within_days) }}
        group by looks.customer_id, returns.product_id, returns.changed_at
    ),

    judged as (
        select
            wanted.*,
            case
                when customer_products.last_bought_at >= wanted.last_look_at
                then 'already_purchased'
                when products.shop_rank is null
                then 'nothing_left'
            end as over_reason
        from wanted
        left join
            customer_products
            on wanted.customer_id = customer_products.customer_id
            and wanted.product_id = customer_products.product_id
        left join products on wanted.product_id = products.product_id
    )

select
    customer_id,
    product_id || '@' || cast(changed_at as {{ dbt.type_string() }}) as occasion,
    changed_at as happened_at,
    changed_at as qualified_at,
    over_reason is not null as is_over,
    over_reason,
    cast(null as {{ dbt.type_string() }}) as cart_key,
    cast(null as {{ dbt.type_string() }}) as order_id,
    product_id,
    cast(null as {{ dbt.type_string() }}) as to_email_key
from judged

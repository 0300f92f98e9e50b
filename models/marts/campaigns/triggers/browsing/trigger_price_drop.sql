{#- What fell by more is a mistake in the prices rather than a bargain. -#}
{% set thresholds = trigger_thresholds(
    min_percent=5, max_percent=90, looked_within_days=30
) %}

with
    drops as (
        select *
        from {{ ref('product_changes') }}
        where
            price <= previous_price * {{ 100 - thresholds.min_percent }} / 100
            and price >= previous_price * {{ 100 - thresholds.max_percent }} / 100
    ),

    looks as (select * from {{ ref('customer_product_looks') }}),

    customer_products as (select * from {{ ref('customer_products') }}),

    products as (select * from {{ ref('products') }}),

    -- Who looked at it, or put it into a cart, before the price fell.
    wanted as (
        select
            looks.customer_id,
            drops.product_id,
            drops.changed_at,
            drops.price,
            coalesce(drops.currency, '') as currency,
            max(looks.looked_at) as last_look_at
        from drops
        inner join looks on drops.product_id = looks.product_id
        where
            looks.looked_at <= drops.changed_at
            and looks.looked_at > {{ add_days('drops.changed_at', -thresholds.looked_within_days) }}
        group by
            looks.customer_id,
            drops.product_id,
            drops.changed_at,
            drops.price,
            coalesce(drops.currency, '')
    ),

    judged as (
        select
            wanted.*,
            case
                when customer_products.last_bought_at >= wanted.last_look_at
                then 'already_purchased'
                when products.shop_rank is null
                then 'nothing_left'
                when
                    products.price > wanted.price
                    or coalesce(products.currency, '') <> wanted.currency
                then 'price_rose'
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

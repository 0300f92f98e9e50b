{{ config(
    alias='product_changes',
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
) }}

{%- set columns = {
    'product_id': dbt.type_string(),
    'price': 'decimal(18, 2)',
    'currency': dbt.type_string(),
    'in_stock': 'boolean',
    'changed_at': 'timestamp',
    'seen_at': 'timestamp',
} %}

with
    ledger as ({{ ledger_rows('product_changes', columns) }}),

    products as (select * from {{ ref('stg_shop__products') }}),

    -- A replay of the past sees nothing new: what was so then has been written down.
    last_look as (select max(seen_at) as seen_at from ledger),

    ranked as (
        select *, row_number() over (partition by product_id order by seen_at desc) as recency
        from ledger
    ),

    known as (select * from ranked where recency = 1)

select
    products.product_id,
    products.price,
    products.currency,
    products.in_stock,
    -- When the shop says, if it can be: after the last change, and not after the clock.
    case
        when
            products.updated_at <= {{ as_of() }}
            and (known.seen_at is null or products.updated_at > known.seen_at)
        then products.updated_at
        else {{ as_of() }}
    end as changed_at,
    {{ as_of() }} as seen_at
from products
cross join last_look
left join known on products.product_id = known.product_id
where
    (last_look.seen_at is null or last_look.seen_at < {{ as_of() }})
    and (
        known.product_id is null
        or products.price <> known.price
        or coalesce(products.currency, '') <> coalesce(known.currency, '')
        or coalesce(products.in_stock, true) <> coalesce(known.in_stock, true)
    )
union all
select {{ columns | join(', ') }}
from ledger
where {{ 'false' if is_incremental() else 'true' }}

with
    product_versions as (select * from {{ ref('product_versions') }}),

    ledger as (select * from {{ ref('ledger_product_changes') }} where seen_at <= {{ as_of() }}),

    states as (
        select
            product_id,
            changed_at,
            changed_at as seen_at,
            price,
            currency,
            coalesce(in_stock, true) as in_stock
        from product_versions

        union all

        select
            product_id, changed_at, seen_at, price, currency, coalesce(in_stock, true) as in_stock
        from ledger
    ),

    with_previous as (
        select
            *,
            lag(price) over product as previous_price,
            lag(currency) over product as previous_currency,
            lag(in_stock) over product as was_in_stock
        from states
        window product as (partition by product_id order by changed_at, seen_at, price, in_stock)
    ),

    -- The first that is known of a product changed nothing.
    changes as (
        select
            *,
            coalesce(previous_currency, '') = coalesce(currency, '')
            and price <> previous_price as is_other_price
        from with_previous
        where
            was_in_stock is not null
            and (
                price <> previous_price
                or in_stock <> was_in_stock
                or coalesce(previous_currency, '') <> coalesce(currency, '')
            )
    )

select
    product_id,
    changed_at,
    price,
    currency,
    in_stock,
    case when is_other_price then previous_price end as previous_price,
    in_stock and not was_in_stock as is_back_in_stock
from changes

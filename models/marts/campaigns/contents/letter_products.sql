with
    letters as (select * from {{ ref('email_letters') }} where product_id is not null),

    products as (select * from {{ ref('products') }}),

    product_changes as (select * from {{ ref('product_changes') }}),

    -- Where the occasion is a price that fell, and has not risen since.
    earlier_prices as (
        select product_changes.product_id, product_changes.changed_at, max(previous_price) as price
        from product_changes
        inner join
            products
            on product_changes.product_id = products.product_id
            and coalesce(product_changes.currency, '') = coalesce(products.currency, '')
        where product_changes.previous_price > product_changes.price
        group by product_changes.product_id, product_changes.changed_at, products.price
        having max(previous_price) > products.price
    )

select letters.message_id, {{ product_json(previous_price='earlier_prices.price') }} as product
from letters
inner join products on letters.product_id = products.product_id
left join
    earlier_prices
    on letters.product_id = earlier_prices.product_id
    and letters.qualified_at = earlier_prices.changed_at

with
    letters as (select * from {{ ref('email_letters') }} where product_id is not null),

    products as (select * from {{ ref('products') }}),

    product_changes as (select * from {{ ref('product_changes') }}),

    -- Where the occasion is a price that fell.
    earlier_prices as (
        select product_id, changed_at, max(previous_price) as price
        from product_changes
        where previous_price > price
        group by product_id, changed_at
    )

select
    letters.message_id,
    {{ product_json(
        previous_price="case when earlier_prices.price > products.price then earlier_prices.price end"
    ) }}
    as product
from letters
inner join products on letters.product_id = products.product_id
left join
    earlier_prices
    on letters.product_id = earlier_prices.product_id
    and letters.qualified_at = earlier_prices.changed_at

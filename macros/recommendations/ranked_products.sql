{#- Products with their sales and ranks as of a clock: the rows of `products`. What is in stock is known of today only. -#}
{% macro ranked_products(clock) -%}
with
    products as (select * from {{ ref('stg_shop__products') }}),

    order_lines as (select * from {{ ref('stg_shop__order_lines') }}),

    orders as (select * from {{ ref('stg_shop__orders') }}),

    sales as (
        select
            order_lines.product_id,
            cast(greatest(sum(order_lines.quantity), 0) as bigint) as items_sold_180d,
            count(
                distinct case
                    when
                        order_lines.quantity > 0 and {{ in_last_days('orders.created_at', 14, clock) }} = 1
                    then orders.order_id
                end
            ) as orders_14d
        from order_lines
        inner join orders on order_lines.order_id = orders.order_id
        where orders.is_paid and {{ in_last_days('orders.created_at', 180, clock) }} = 1
        group by order_lines.product_id
    ),

    -- Only what can be bought from a letter is ranked: in stock, with a safe link.
    with_sales as (
        select
            products.*,
            coalesce(sales.items_sold_180d, 0) as items_sold_180d,
            coalesce(sales.orders_14d, 0) as orders_14d,
            coalesce(products.in_stock, true)
            and coalesce(products.product_url like 'https://%', false) as is_offered
        from products
        left join sales on products.product_id = sales.product_id
    )

select
    product_id,
    product_name,
    category,
    brand,
    tags,
    price,
    currency,
    in_stock,
    image_url,
    product_url,
    items_sold_180d,
    cast(case when is_offered then row_number() over shop end as bigint) as shop_rank,
    cast(case when is_offered then row_number() over of_category end as bigint) as category_rank,
    -- Fewer than three orders are no trend.
    cast(
        case when is_offered and orders_14d >= 3 then row_number() over trend end as bigint
    ) as trend_rank,
    updated_at
from with_sales
window
    shop as (partition by is_offered order by items_sold_180d desc, product_id),
    trend as (partition by is_offered order by orders_14d desc, items_sold_180d desc, product_id),
    of_category as (partition by is_offered, category order by items_sold_180d desc, product_id)
{%- endmacro %}

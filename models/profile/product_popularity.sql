with products as (
    select * from {{ ref('stg_shop__products') }}
),

order_lines as (
    select * from {{ ref('stg_shop__order_lines') }}
),

orders as (
    select * from {{ ref('stg_shop__orders') }}
),

sales as (
    select
        order_lines.product_id,
        cast(sum(order_lines.quantity) as bigint) as items_sold_180d
    from order_lines
    inner join orders on order_lines.order_id = orders.order_id
    where orders.status = 'paid' and {{ in_last_days('orders.created_at', 180) }} = 1
    group by order_lines.product_id
),

-- Only what can be bought from a letter: in stock, with a safe link.
offered as (
    select
        products.product_id,
        products.category,
        coalesce(sales.items_sold_180d, 0) as items_sold_180d
    from products
    left join sales on products.product_id = sales.product_id
    where coalesce(products.in_stock, true) and products.product_url like 'https://%'
)

select
    product_id,
    category,
    items_sold_180d,
    row_number() over (order by items_sold_180d desc, product_id) as shop_rank,
    row_number() over (
        partition by category order by items_sold_180d desc, product_id
    ) as category_rank
from offered

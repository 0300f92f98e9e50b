-- A mart that stands here, since orders and products meet here.
{{ config(schema='marts') }}

with
    orders as (select * from {{ ref('customer_orders') }}),

    products as (select * from {{ ref('products') }}),

    order_lines as (
        select
            *, cast(quantity * unit_price - coalesce(discount, 0) as decimal(18, 2)) as line_total
        from {{ ref('stg_shop__order_lines') }}
    ),

    totals as (select order_id, sum(line_total) as lines_total from order_lines group by order_id)

select
    order_lines.order_line_id,
    order_lines.order_id,
    orders.customer_id,
    order_lines.product_id,
    products.product_name,
    products.category,
    order_lines.quantity,
    order_lines.unit_price,
    order_lines.discount,
    order_lines.line_total,
    orders.currency,
    cast(orders.revenue_base as double) * coalesce(
        order_lines.line_total / nullif(cast(totals.lines_total as double), 0), 0
    ) as order_share_base,
    orders.status,
    orders.is_paid,
    orders.created_at as ordered_at
from order_lines
inner join orders on order_lines.order_id = orders.order_id
inner join totals on order_lines.order_id = totals.order_id
left join products on order_lines.product_id = products.product_id

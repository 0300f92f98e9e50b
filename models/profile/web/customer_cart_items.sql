-- A mart that stands here, since carts and customers meet here.
{{ config(schema='marts') }}

with
    items as (select * from {{ ref('cart_items') }}),

    carts as (select * from {{ ref('customer_carts') }}),

    products as (select * from {{ ref('products') }})

select
    items.cart_key,
    items.product_id,
    carts.customer_id,
    carts.status,
    products.product_name,
    products.category,
    items.quantity,
    items.price,
    items.currency
from items
inner join carts on items.cart_key = carts.cart_key
left join products on items.product_id = products.product_id

{{ config(materialized='view') }}

with orders as (select * from {{ ref('stg_shop__orders') }}),

patterns as (
    select * from {{ ref('blocked_identifiers') }}
    where identifier_type = 'shop_customer_id'
),

guest_keys as (
    select orders.shop_customer_id
    from orders
    inner join patterns on orders.shop_customer_id like patterns.pattern
    group by orders.shop_customer_id
)

select
    orders.order_id,
    orders.created_at,
    orders.shop_customer_id,
    orders.cart_id,
    orders.first_name_key,
    orders.last_name_key,
    orders.street_key,
    orders.city_key,
    orders.postal_code,
    orders.country,
    orders.email_key,
    orders.phone,
    orders.shop_customer_id is null or guest_keys.shop_customer_id is not null as is_guest
from orders
left join guest_keys on orders.shop_customer_id = guest_keys.shop_customer_id

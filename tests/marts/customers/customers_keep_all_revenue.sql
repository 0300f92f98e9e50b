-- What customers spent adds up to the paid orders of known customers, to the cent.
with
    customers as (select sum(lifetime_revenue) as revenue from {{ ref('customers') }}),

    orders as (
        select sum(stg_shop__orders.total_base) as revenue
        from {{ ref('stg_shop__orders') }} as stg_shop__orders
        inner join
            {{ ref('identity_map') }} as identity_map
            on identity_map.source_table = 'shop.orders'
            and stg_shop__orders.order_id = identity_map.source_key
        where stg_shop__orders.status = 'paid'
    )

select customers.revenue as customers_revenue, orders.revenue as orders_revenue
from customers
cross join orders
where coalesce(customers.revenue, 0) <> coalesce(orders.revenue, 0)

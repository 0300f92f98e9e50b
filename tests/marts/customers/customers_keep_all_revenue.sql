-- What customers spent adds up to the orders of known customers, less what was paid back, to the
-- cent; and no order of theirs is left out of customer_orders.
with
    customers as (select sum(lifetime_revenue) as revenue from {{ ref('customers') }}),

    paid_orders as (
        select sum(stg_shop__orders.revenue_base) as revenue
        from {{ ref('stg_shop__orders') }} as stg_shop__orders
        inner join
            {{ ref('identity_map') }} as identity_map
            on identity_map.source_table = 'shop.orders'
            and stg_shop__orders.order_id = identity_map.source_key
        where stg_shop__orders.is_paid
    ),

    buyers as (
        select
            customer_id,
            sum(case when is_paid then revenue_base end) as paid,
            greatest(coalesce(sum(revenue_base), 0), 0) as kept
        from {{ ref('customer_orders') }}
        group by customer_id
        having max(case when is_paid then 1 else 0 end) = 1
    ),

    customer_orders as (select sum(paid) as paid, sum(kept) as kept from buyers)

select customers.revenue, customer_orders.kept, customer_orders.paid, paid_orders.revenue
from customers
cross join customer_orders
cross join paid_orders
where
    coalesce(customers.revenue, 0) <> coalesce(customer_orders.kept, 0)
    or coalesce(customer_orders.paid, 0) <> coalesce(paid_orders.revenue, 0)

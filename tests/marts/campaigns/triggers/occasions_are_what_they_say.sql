-- Of every trigger: over for a reason, and only then; not come up before it happened, and not of
-- the
-- future; of a customer who is known; about what is theirs.
with
    occasions as (select * from {{ ref('trigger_occasions') }}),

    customers as (select * from {{ ref('customers') }}),

    carts as (select * from {{ ref('customer_carts') }}),

    orders as (select * from {{ ref('customer_orders') }})

select occasions.trigger, occasions.customer_id, occasions.occasion
from occasions
left join customers on occasions.customer_id = customers.customer_id
left join carts on occasions.cart_key = carts.cart_key and occasions.customer_id = carts.customer_id
left join
    orders on occasions.order_id = orders.order_id and occasions.customer_id = orders.customer_id
where
    occasions.is_over <> (occasions.over_reason is not null)
    or occasions.qualified_at < occasions.happened_at
    or occasions.happened_at > {{ as_of() }}
    or customers.customer_id is null
    or (occasions.cart_key is not null and carts.cart_key is null)
    or (occasions.order_id is not null and orders.order_id is null)

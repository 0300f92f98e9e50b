-- Many shops pass no cart_id with an order: the customer's next order of whatever kind ends a cart
-- as well, except a cancelled one.
with customer_carts as (
    select * from {{ ref('customer_carts') }}
),

customer_orders as (
    select * from {{ ref('customer_orders') }}
),

next_orders as (
    select
        customer_carts.cart_key,
        min(customer_orders.created_at) as ordered_at
    from customer_carts
    inner join customer_orders
        on customer_carts.customer_id = customer_orders.customer_id
        and customer_carts.left_at <= customer_orders.created_at
    where
        customer_orders.status <> 'cancelled'
        and customer_orders.created_at <= {{ as_of() }}
    group by customer_carts.cart_key
)

select
    customer_carts.cart_key,
    customer_carts.customer_id,
    customer_carts.cart_id,
    customer_carts.items_count,
    customer_carts.left_at,
    customer_carts.previous_order_at,
    case
        when next_orders.ordered_at is null then customer_carts.ordered_at
        when customer_carts.ordered_at is null then next_orders.ordered_at
        else least(customer_carts.ordered_at, next_orders.ordered_at)
    end as purchased_at
from customer_carts
left join next_orders on customer_carts.cart_key = next_orders.cart_key
where
    customer_carts.left_at is not null
    and customer_carts.items_count > 0
    and customer_carts.status in ('open', 'ordered')

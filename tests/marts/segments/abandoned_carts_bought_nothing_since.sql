-- Nobody who ordered after leaving is asked to come back for the cart.
select segment.customer_id, orders.order_id
from {{ ref('segment_abandoned_carts') }} as segment
inner join
    {{ ref('customer_orders') }} as orders
    on segment.customer_id = orders.customer_id
    and segment.qualified_at <= orders.created_at
    and orders.created_at <= {{ as_of() }}
where orders.status in ('paid', 'pending')

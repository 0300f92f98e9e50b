-- Nobody who bought after leaving, by whatever sign, is asked to come back for the cart.
select segment.customer_id, purchases.purchased_at
from {{ ref('segment_abandoned_carts') }} as segment
inner join
    {{ ref('customer_purchases') }} as purchases
    on segment.customer_id = purchases.customer_id
    and segment.qualified_at <= purchases.purchased_at

-- Each version of a product that the shop sent, also those that a newer one replaced.
select product_id, coalesce(updated_at, received_at) as changed_at, price, currency, in_stock
from {{ ref('checked_shop__products') }}
where fate in ('staged', 'duplicate') and coalesce(updated_at, received_at) <= {{ as_of() }}
group by product_id, coalesce(updated_at, received_at), price, currency, in_stock

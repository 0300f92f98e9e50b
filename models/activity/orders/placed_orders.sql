{{ config(materialized='view') }}

-- Whoever ordered and then cancelled has decided, and so has whoever placed an order that cannot be
-- read in full: only what was never placed (a draft), or is a refund, is no purchase.
select
    order_id,
    shop_customer_id,
    email,
    email_key,
    raw_email as email_text,
    phone,
    cart_id,
    currency,
    {{ end_of_day('coalesce(created_at, updated_at, received_at, ' ~ as_of() ~ ')', as_of()) }}
    as purchased_at
from {{ ref('checked_shop__orders') }}
where fate in ('staged', 'rejected') and status <> 'draft' and coalesce(total, 0) >= 0

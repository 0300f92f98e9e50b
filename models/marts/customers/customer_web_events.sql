with events as (
    select * from {{ ref('attributed_web_events') }}
)

select
    message_id,
    customer_id,
    attribution,
    session_id,
    event_type,
    event_name,
    event_at,
    anonymous_id,
    user_id,
    product_id,
    category,
    cart_id,
    order_id,
    page_path
from events

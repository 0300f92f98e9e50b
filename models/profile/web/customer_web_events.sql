-- A mart that stands here, since the profile is made of it too.
{{ config(schema='marts') }}

with
    session_events as (select * from {{ ref('web_session_events') }}),

    device_owners as (select * from {{ ref('device_owners') }}),

    logins as ({{ login_customers() }})

select
    session_events.message_id,
    coalesce(logins.customer_id, device_owners.customer_id) as customer_id,
    case when logins.customer_id is not null then 'user_id' else 'device' end as attribution,
    session_events.session_id,
    session_events.event_type,
    session_events.event_name,
    session_events.event_at,
    session_events.anonymous_id,
    session_events.user_id,
    session_events.product_id,
    session_events.category,
    session_events.cart_id,
    session_events.order_id,
    session_events.page_path
from session_events
left join logins on session_events.user_id = logins.user_id
-- A login under a blocked key may be anybody's, and is no sign of the owner.
left join
    device_owners
    on session_events.anonymous_id = device_owners.anonymous_id
    and logins.user_id is null
    and (device_owners.valid_from is null or session_events.event_at >= device_owners.valid_from)
    and (device_owners.valid_to is null or session_events.event_at < device_owners.valid_to)
where coalesce(logins.customer_id, device_owners.customer_id) is not null

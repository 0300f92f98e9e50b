-- A mart that stands here, since sessions and customers meet here.
{{ config(schema='marts') }}

with
    sessions as (select * from {{ ref('web_sessions') }}),

    -- At a device that changes hands meanwhile, the session is the last one's.
    owners as (
        select
            session_id,
            customer_id,
            row_number() over (
                partition by session_id order by event_at desc, message_id desc
            ) as recency
        from {{ ref('customer_web_events') }}
    )

select
    sessions.session_id,
    owners.customer_id,
    sessions.started_at,
    sessions.ended_at,
    sessions.duration_seconds,
    sessions.events_count,
    sessions.page_views_count,
    sessions.product_views_count,
    sessions.adds_count,
    sessions.has_checkout,
    sessions.has_order,
    sessions.landing_page,
    sessions.referrer,
    sessions.utm_source,
    sessions.utm_campaign,
    sessions.device
from sessions
inner join owners on sessions.session_id = owners.session_id and owners.recency = 1

with
    session_events as (select * from {{ ref('web_session_events') }}),

    sessions as (
        select
            session_id,
            {{ last_by('anonymous_id', 'event_position') }} as anonymous_id,
            {{ last_by('user_id', 'event_position') }} as user_id,
            min(event_at) as started_at,
            max(event_at) as ended_at,
            count(*) as events_count,
            sum(case when event_type = 'page' then 1 else 0 end) as page_views_count,
            sum(case when event_name = 'Product Viewed' then 1 else 0 end) as product_views_count,
            sum(case when event_name = 'Product Added' then 1 else 0 end) as adds_count,
            max(case when event_name = 'Checkout Started' then 1 else 0 end) = 1 as has_checkout,
            max(case when event_name = 'Order Completed' then 1 else 0 end) = 1 as has_order,
            {{ first_by('page_path', 'event_position') }} as landing_page,
            {{ first_by('page_referrer', 'event_position') }} as referrer,
            {{ first_by('utm_source', 'event_position') }} as utm_source,
            {{ first_by('utm_campaign', 'event_position') }} as utm_campaign,
            {{ first_by('device', 'event_position') }} as device
        from session_events
        group by session_id
    )

select
    session_id,
    anonymous_id,
    user_id,
    started_at,
    ended_at,
    {{ seconds_between('started_at', 'ended_at') }} as duration_seconds,
    events_count,
    cast(page_views_count as bigint) as page_views_count,
    cast(product_views_count as bigint) as product_views_count,
    cast(adds_count as bigint) as adds_count,
    has_checkout,
    has_order,
    landing_page,
    referrer,
    utm_source,
    utm_campaign,
    device
from sessions

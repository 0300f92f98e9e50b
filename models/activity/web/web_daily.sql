with session_events as (select * from {{ ref('web_session_events') }})

select
    visitor_key,
    cast(event_at as date) as visited_on,
    {{ last_by('anonymous_id', 'event_position') }} as anonymous_id,
    {{ last_by('user_id', 'event_position') }} as user_id,
    cast(sum(case when starts_session then 1 else 0 end) as bigint) as sessions_started_count,
    count(*) as events_count,
    cast(sum(case when event_type = 'page' then 1 else 0 end) as bigint) as page_views_count,
    cast(
        sum(case when event_name = 'Product Viewed' then 1 else 0 end) as bigint
    ) as product_views_count,
    cast(sum(case when event_name = 'Product Added' then 1 else 0 end) as bigint) as adds_count,
    cast(sum(case when event_name = 'Order Completed' then 1 else 0 end) as bigint) as orders_count,
    max(event_at) as last_event_at
from session_events
group by visitor_key, cast(event_at as date)

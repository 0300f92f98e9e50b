with
    events as (select * from {{ ref('customer_web_events') }}),

    products as (select * from {{ ref('stg_shop__products') }}),

    visits as (
        select
            customer_id,
            count(
                distinct case when {{ in_last_days('event_at', 7) }} = 1 then session_id end
            ) as sessions_7d,
            count(
                distinct case when {{ in_last_days('event_at', 30) }} = 1 then session_id end
            ) as sessions_30d,
            min(event_at) as first_event_at,
            max(event_at) as last_event_at,
            max(case when event_name = 'Product Viewed' then event_at end) as last_product_viewed_at
        from events
        group by customer_id
    ),

    views as (
        select
            events.customer_id,
            coalesce(products.category, events.category) as category,
            max(events.event_at) as last_viewed_at
        from events
        left join products on events.product_id = products.product_id
        where
            events.event_name = 'Product Viewed'
            and {{ in_last_days('events.event_at', 30) }} = 1
            and coalesce(products.category, events.category) is not null
        group by events.customer_id, coalesce(products.category, events.category)
    ),

    viewed_categories as (
        select
            customer_id,
            {{ string_agg_ordered(
            'case when ' ~ in_last_days('last_viewed_at', 7) ~ ' = 1 then category end',
            ';',
            'category'
        ) }} as viewed_categories_7d,
            {{ string_agg_ordered('category', ';', 'category') }} as viewed_categories_30d
        from views
        group by customer_id
    )

select
    visits.customer_id,
    visits.sessions_7d,
    visits.sessions_30d,
    viewed_categories.viewed_categories_7d,
    viewed_categories.viewed_categories_30d,
    visits.last_product_viewed_at,
    visits.first_event_at,
    visits.last_event_at
from visits
left join viewed_categories on visits.customer_id = viewed_categories.customer_id

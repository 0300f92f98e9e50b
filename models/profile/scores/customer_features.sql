with
    identity_customers as (select * from {{ ref('identity_customers') }}),

    order_features as (select * from {{ ref('customer_order_features') }}),

    web_features as (select * from {{ ref('customer_web_features') }}),

    email_features as (select * from {{ ref('customer_email_features') }}),

    interests as (
        select customer_id, {{ string_agg_ordered('category', ';', 'sold_rank') }} as interests
        from {{ ref('customer_interests') }}
        where sold_rank <= 3
        group by customer_id
    )

select
    identity_customers.customer_id,
    coalesce(order_features.orders_count, 0) as orders_count,
    coalesce(order_features.orders_30d, 0) as orders_30d,
    coalesce(order_features.orders_60d, 0) as orders_60d,
    coalesce(order_features.orders_180d, 0) as orders_180d,
    order_features.first_order_at,
    order_features.last_order_at,
    order_features.days_since_first_order,
    order_features.recency_days,
    coalesce(order_features.lifetime_revenue, 0) as lifetime_revenue,
    order_features.average_order_value,
    order_features.purchase_frequency,
    order_features.purchased_categories,
    order_features.purchased_tags,
    coalesce(web_features.sessions_7d, 0) as sessions_7d,
    coalesce(web_features.sessions_30d, 0) as sessions_30d,
    web_features.viewed_categories_7d,
    web_features.viewed_categories_30d,
    web_features.last_product_viewed_at,
    web_features.first_event_at,
    web_features.last_event_at,
    coalesce(email_features.emails_delivered_90d, 0) as emails_delivered_90d,
    email_features.open_rate,
    email_features.click_rate,
    email_features.last_open_at,
    email_features.last_click_at,
    interests.interests
from identity_customers
left join order_features on identity_customers.customer_id = order_features.customer_id
left join web_features on identity_customers.customer_id = web_features.customer_id
left join email_features on identity_customers.customer_id = email_features.customer_id
left join interests on identity_customers.customer_id = interests.customer_id

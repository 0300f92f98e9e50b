{% set thresholds = {'products': 3, 'within_days': 7} %}
{{ config(meta={'thresholds': thresholds}) }}

with
    customer_web_events as (select * from {{ ref('customer_web_events') }}),

    customer_orders as (select * from {{ ref('customer_orders') }}),

    viewed_products as (
        select
            customer_id,
            product_id,
            min(event_at) as first_viewed_at,
            max(event_at) as last_viewed_at
        from customer_web_events
        where
            event_name = 'Product Viewed'
            and product_id is not null
            and event_at > {{ add_days(as_of(), -thresholds.within_days) }}
            and event_at <= {{ as_of() }}
        group by customer_id, product_id
    ),

    numbered as (
        select
            *,
            row_number() over (
                partition by customer_id order by first_viewed_at, product_id
            ) as product_number
        from viewed_products
    ),

    browsers as (
        select
            customer_id,
            count(*) as products_count,
            max(
                case when product_number = {{ thresholds.products }} then first_viewed_at end
            ) as qualified_at,
            max(last_viewed_at) as last_viewed_at
        from numbered
        group by customer_id
        having count(*) >= {{ thresholds.products }}
    ),

    last_orders as (
        select customer_id, max(created_at) as last_order_at
        from customer_orders
        where status not in ('cancelled', 'draft') and created_at <= {{ as_of() }}
        group by customer_id
    )

select
    browsers.customer_id,
    browsers.qualified_at,
    'viewed '
    || cast(browsers.products_count as {{ dbt.type_string() }})
    || ' products in {{ thresholds.within_days }} days, the last one '
    || {{ span_text(seconds_between('browsers.last_viewed_at', as_of())) }}
    || ' ago, and ordered nothing since' as reason
from browsers
left join last_orders on browsers.customer_id = last_orders.customer_id
where last_orders.last_order_at is null or last_orders.last_order_at < browsers.last_viewed_at

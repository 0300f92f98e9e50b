{#-
    Views of products, for a CTE: customer_id, category (the catalogue's, else the event's) and happened_at.
-#}
{% macro product_views() -%}
    select
        events.customer_id,
        coalesce(products.category, events.category) as category,
        events.event_at as happened_at
    from {{ ref('customer_web_events') }} as events
    left join {{ ref('products') }} as products on events.product_id = products.product_id
    where events.event_name = 'Product Viewed'
{%- endmacro %}

with
    orders as (select * from {{ ref('customer_orders') }} where is_paid),

    customer_products as (select * from {{ ref('customer_products') }}),

    products as (select * from {{ ref('stg_shop__products') }}),

    totals as (
        select
            customer_id,
            count(*) as orders_count,
            cast(sum({{ in_last_days('created_at', 30) }}) as bigint) as orders_30d,
            cast(sum({{ in_last_days('created_at', 60) }}) as bigint) as orders_60d,
            cast(sum({{ in_last_days('created_at', 180) }}) as bigint) as orders_180d,
            min(created_at) as first_order_at,
            max(created_at) as last_order_at,
            cast(coalesce(sum(total_base), 0) as decimal(18, 2)) as lifetime_revenue
        from orders
        group by customer_id
    ),

    bought_categories as (
        select distinct customer_products.customer_id, products.category
        from customer_products
        inner join products on customer_products.product_id = products.product_id
        where products.category is not null
    ),

    purchased_categories as (
        select
            customer_id,
            {{ string_agg_ordered('category', ';', 'category') }} as purchased_categories
        from bought_categories
        group by customer_id
    ),

    product_tags as (
        select product_id, {{ split_rows('tags', ';') }} as tag from products where tags is not null
    ),

    bought_tags as (
        select distinct customer_products.customer_id, trim(product_tags.tag) as tag
        from customer_products
        inner join product_tags on customer_products.product_id = product_tags.product_id
        where trim(product_tags.tag) <> ''
    ),

    purchased_tags as (
        select customer_id, {{ string_agg_ordered('tag', ';', 'tag') }} as purchased_tags
        from bought_tags
        group by customer_id
    )

select
    totals.customer_id,
    totals.orders_count,
    totals.orders_30d,
    totals.orders_60d,
    totals.orders_180d,
    totals.first_order_at,
    totals.last_order_at,
    totals.lifetime_revenue,
    {{ money_average('totals.lifetime_revenue', 'totals.orders_count') }} as average_order_value,
    {{ days_since('totals.first_order_at') }} as days_since_first_order,
    {{ days_since('totals.last_order_at') }} as recency_days,
    cast(totals.orders_count as double)
    * 30
    / greatest(30, {{ days_since('totals.first_order_at') }}) as purchase_frequency,
    purchased_categories.purchased_categories,
    purchased_tags.purchased_tags
from totals
left join purchased_categories on totals.customer_id = purchased_categories.customer_id
left join purchased_tags on totals.customer_id = purchased_tags.customer_id

with
    orders as (select * from {{ ref('customer_orders') }}),

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
            coalesce(sum(revenue_base), 0) as paid_revenue
        from orders
        where is_paid
        group by customer_id
    ),

    refund_rows as (
        select customer_id, sum(revenue_base) as revenue
        from orders
        where not is_paid
        group by customer_id
    ),

    -- Nobody has cost the shop more than was paid: the order that such a refund was for is not
    -- known.
    net as (
        select
            totals.*,
            cast(
                greatest(totals.paid_revenue + coalesce(refund_rows.revenue, 0), 0) as decimal(
                    18, 2
                )
            ) as lifetime_revenue
        from totals
        left join refund_rows on totals.customer_id = refund_rows.customer_id
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
    net.customer_id,
    net.orders_count,
    net.orders_30d,
    net.orders_60d,
    net.orders_180d,
    net.first_order_at,
    net.last_order_at,
    net.lifetime_revenue,
    {{ money_average('net.lifetime_revenue', 'net.orders_count') }} as average_order_value,
    {{ days_since('net.first_order_at') }} as days_since_first_order,
    {{ days_since('net.last_order_at') }} as recency_days,
    cast(net.orders_count as double)
    * 30
    / greatest(30, {{ days_since('net.first_order_at') }}) as purchase_frequency,
    purchased_categories.purchased_categories,
    purchased_tags.purchased_tags
from net
left join purchased_categories on net.customer_id = purchased_categories.customer_id
left join purchased_tags on net.customer_id = purchased_tags.customer_id

-- Everyone gets five, or as many as the shop offers that the customer has not just bought.
with
    offered as (
        select count(*) as products_count from {{ ref('products') }} where shop_rank is not null
    ),

    bought as (
        select customer_products.customer_id, count(*) as products_count
        from {{ ref('customer_products') }} as customer_products
        inner join
            {{ ref('products') }} as products
            on customer_products.product_id = products.product_id
            and products.shop_rank is not null
        where {{ in_last_days('customer_products.last_bought_at', 180) }} = 1
        group by customer_products.customer_id
    ),

    recommended as (
        select customer_id, count(*) as products_count
        from {{ ref('product_recommendations') }}
        group by customer_id
    )

select customers.customer_id, coalesce(recommended.products_count, 0) as recommended_count
from {{ ref('customers') }} as customers
cross join offered
left join bought on customers.customer_id = bought.customer_id
left join recommended on customers.customer_id = recommended.customer_id
where
    coalesce(recommended.products_count, 0)
    <> least(5, offered.products_count - coalesce(bought.products_count, 0))

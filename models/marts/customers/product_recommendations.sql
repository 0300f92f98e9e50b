with
    identity_customers as (select * from {{ ref('identity_customers') }}),

    customer_products as (select * from {{ ref('customer_products') }}),

    events as (select * from {{ ref('customer_web_events') }}),

    interests as (select * from {{ ref('customer_interests') }}),

    products as (select * from {{ ref('products') }}),

    recently_bought as (
        select customer_id, product_id
        from customer_products
        where {{ in_last_days('last_bought_at', 180) }} = 1
    ),

    bought_counts as (
        select customer_id, count(*) as products_count from recently_bought group by customer_id
    ),

    viewed as (
        select events.customer_id, events.product_id, max(events.event_at) as viewed_at
        from events
        inner join products on events.product_id = products.product_id
        where
            products.shop_rank is not null
            and events.event_name = 'Product Viewed'
            and {{ in_last_days('events.event_at', 30) }} = 1
        group by events.customer_id, events.product_id
    ),

    -- As many best sellers more as somebody bought: five are left whatever drops out, if there are.
    candidates as (
        select
            customer_id,
            product_id,
            1 as reason_rank,
            row_number() over (
                partition by customer_id order by viewed_at desc, product_id
            ) as place
        from viewed

        union all

        select
            interests.customer_id,
            products.product_id,
            2 as reason_rank,
            interests.interest_rank * 1000 + products.category_rank as place
        from interests
        inner join products on interests.category = products.category
        left join bought_counts on interests.customer_id = bought_counts.customer_id
        where
            interests.interest_rank <= 2
            and products.category_rank <= 3 + coalesce(bought_counts.products_count, 0)
            and products.category_rank <= 10

        union all

        select
            identity_customers.customer_id,
            products.product_id,
            3 as reason_rank,
            products.shop_rank as place
        from identity_customers
        left join bought_counts on identity_customers.customer_id = bought_counts.customer_id
        inner join products on products.shop_rank <= 5 + coalesce(bought_counts.products_count, 0)
    ),

    first_reasons as (
        select customer_id, product_id, min(reason_rank * 1000000 + place) as place
        from candidates
        group by customer_id, product_id
    ),

    ranked as (
        select
            first_reasons.customer_id,
            first_reasons.product_id,
            first_reasons.place,
            row_number() over (
                partition by first_reasons.customer_id order by first_reasons.place
            ) as recommendation_rank
        from first_reasons
        left join
            recently_bought
            on first_reasons.customer_id = recently_bought.customer_id
            and first_reasons.product_id = recently_bought.product_id
        where recently_bought.product_id is null
    )

select
    ranked.customer_id,
    cast(ranked.recommendation_rank as integer) as rank,
    ranked.product_id,
    case
        when ranked.place < 2000000
        then 'viewed'
        when ranked.place < 3000000
        then 'category'
        else 'best_seller'
    end as reason,
    products.product_name,
    products.category,
    products.price,
    products.currency,
    products.image_url,
    products.product_url
from ranked
inner join products on ranked.product_id = products.product_id
where ranked.recommendation_rank <= 5

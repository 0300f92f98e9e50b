{#-
    Products that may be recommended to customers, best first: the rows of `customer_product_candidates`. Its inputs are relations
    of the columns of the models that are named as they are.
-#}
{% macro product_candidates(customers, purchases, web_events, companions, interests, products, clock) -%}
with
    identity_customers as (select * from {{ customers }}),

    customer_products as (select * from {{ purchases }}),

    events as (select * from {{ web_events }}),

    companions as (select * from {{ companions }}),

    interests as (select * from {{ interests }}),

    products as (select * from {{ products }} where shop_rank is not null),

    recently_bought as (
        select customer_id, product_id
        from customer_products
        where {{ in_last_days('last_bought_at', 180, clock) }} = 1
    ),

    bought_counts as (
        select customer_id, count(*) as products_count from recently_bought group by customer_id
    ),

    viewed as (
        select events.customer_id, events.product_id, max(events.event_at) as viewed_at
        from events
        inner join products on events.product_id = products.product_id
        where events.event_name = 'Product Viewed' and {{ in_last_days('events.event_at', 30, clock) }} = 1
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

        select companions.customer_id, companions.product_id, 2 as reason_rank, companions.place
        from companions
        inner join products on companions.product_id = products.product_id

        union all

        select
            interests.customer_id,
            products.product_id,
            3 as reason_rank,
            interests.sold_rank * 1000 + products.category_rank as place
        from interests
        inner join products on interests.category = products.category
        left join bought_counts on interests.customer_id = bought_counts.customer_id
        where
            interests.sold_rank <= 2
            and products.category_rank <= 3 + coalesce(bought_counts.products_count, 0)
            and products.category_rank <= 10

        union all

        select
            identity_customers.customer_id,
            products.product_id,
            4 as reason_rank,
            products.trend_rank as place
        from identity_customers
        inner join products on products.trend_rank <= 5

        union all

        select
            identity_customers.customer_id,
            products.product_id,
            5 as reason_rank,
            products.shop_rank as place
        from identity_customers
        left join bought_counts on identity_customers.customer_id = bought_counts.customer_id
        inner join products on products.shop_rank <= 5 + coalesce(bought_counts.products_count, 0)
    ),

    first_reasons as (
        select customer_id, product_id, min(reason_rank * 1000000 + place) as place
        from candidates
        group by customer_id, product_id
    )

select
    first_reasons.customer_id,
    first_reasons.product_id,
    case
        floor(first_reasons.place / 1000000)
        when 1
        then 'viewed'
        when 2
        then 'bought_together'
        when 3
        then 'category'
        when 4
        then 'trending'
        else 'best_seller'
    end as reason,
    row_number() over (partition by first_reasons.customer_id order by first_reasons.place) as place
from first_reasons
left join
    recently_bought
    on first_reasons.customer_id = recently_bought.customer_id
    and first_reasons.product_id = recently_bought.product_id
where recently_bought.product_id is null
{%- endmacro %}

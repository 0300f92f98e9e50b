with
    candidates as (select * from {{ ref('customer_product_candidates') }}),

    companions as (select * from {{ ref('customer_companions') }}),

    products as (select * from {{ ref('products') }}),

    -- Three of a category are enough, where there is something else.
    diverse as (
        select
            candidates.*,
            case
                when
                    row_number() over (
                        partition by candidates.customer_id, products.category
                        order by candidates.place
                    )
                    <= 3
                then 0
                else 1
            end as surplus
        from candidates
        inner join products on candidates.product_id = products.product_id
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by customer_id order by surplus, place
            ) as recommendation_rank
        from diverse
    )

select
    ranked.customer_id,
    cast(ranked.recommendation_rank as integer) as rank,
    ranked.product_id,
    ranked.reason,
    companions.anchor_product_id as goes_with,
    companions.support,
    companions.lift,
    products.product_name,
    products.category,
    products.price,
    products.currency,
    products.image_url,
    products.product_url
from ranked
inner join products on ranked.product_id = products.product_id
left join
    companions
    on ranked.customer_id = companions.customer_id
    and ranked.product_id = companions.product_id
    and ranked.reason = 'bought_together'
where ranked.recommendation_rank <= 5

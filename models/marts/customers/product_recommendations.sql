with
    ranked as ({{ best_five(ref('customer_product_candidates'), ref('products')) }}),

    companions as (select * from {{ ref('customer_companions') }}),

    products as (select * from {{ ref('products') }})

select
    ranked.customer_id,
    ranked.rank,
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

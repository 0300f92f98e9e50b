with email_letters as (
    select * from {{ ref('email_letters') }}
),

product_recommendations as (
    select * from {{ ref('product_recommendations') }}
),

product_popularity as (
    select * from {{ ref('product_popularity') }}
),

products as (
    select * from {{ ref('stg_shop__products') }}
),

shown as (
    select
        email_letters.message_id,
        product_recommendations.rank as place,
        product_recommendations.product_id,
        product_recommendations.reason
    from email_letters
    inner join product_recommendations
        on email_letters.personal_customer_id = product_recommendations.customer_id

    union all

    select
        email_letters.message_id,
        product_popularity.shop_rank as place,
        product_popularity.product_id,
        'best_seller' as reason
    from email_letters
    inner join product_popularity on product_popularity.shop_rank <= 5
    where email_letters.personal_customer_id is null
)

select
    shown.message_id,
    {{ json_array_agg(json_object({
        'product_id': 'shown.product_id',
        'name': 'products.product_name',
        'category': 'products.category',
        'price': ['cast(products.price as decimal(18, 2))', 'number'],
        'currency': 'products.currency',
        'image_url': 'products.image_url',
        'url': 'products.product_url',
        'reason': 'shown.reason',
    }), 'shown.place') }} as recommendations
from shown
inner join products on shown.product_id = products.product_id
group by shown.message_id

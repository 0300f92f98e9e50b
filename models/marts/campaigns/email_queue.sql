with
    email_letters as (select * from {{ ref('email_letters') }}),

    readers as (select * from {{ ref('email_readers') }}),

    product_recommendations as (select * from {{ ref('product_recommendations') }}),

    products as (select * from {{ ref('products') }}),

    letter_offers as (select * from {{ ref('letter_offers') }}),

    shown_products as (
        select
            email_letters.message_id,
            product_recommendations.rank as place,
            product_recommendations.product_id,
            product_recommendations.reason
        from email_letters
        inner join
            product_recommendations
            on email_letters.customer_id = product_recommendations.customer_id
        where email_letters.can_personalize and email_letters.is_activity_theirs

        union all

        select
            email_letters.message_id,
            products.shop_rank as place,
            products.product_id,
            'best_seller' as reason
        from email_letters
        inner join products on products.shop_rank <= 5
        where not (email_letters.can_personalize and email_letters.is_activity_theirs)
    ),

    recommendations as (
        select
            shown_products.message_id,
            {{ json_array_agg(json_object({
            'product_id': 'products.product_id',
            'name': 'products.product_name',
            'category': 'products.category',
            'price': ['cast(products.price as decimal(18, 2))', 'number'],
            'currency': 'products.currency',
            'image_url': 'products.image_url',
            'url': 'products.product_url',
            'reason': 'shown_products.reason',
        }), 'shown_products.place') }} as recommendations
        from shown_products
        inner join products on shown_products.product_id = products.product_id
        group by shown_products.message_id
    )

select
    email_letters.message_id,
    email_letters.customer_id,
    email_letters.email,
    email_letters.campaign,
    email_letters.occasion,
    email_letters.variant,
    email_letters.template,
    email_letters.language,
    email_letters.timezone,
    email_letters.send_after,
    email_letters.expires_at,
    email_letters.evaluated_at,
    {{ json_object({
        'first_name': 'readers.first_name',
        'last_name': 'readers.last_name',
        'city': 'readers.city',
        'country': 'readers.country',
        'language': 'email_letters.language',
        'can_personalize': ['email_letters.can_personalize', 'boolean'],
        'loyalty_tier': 'readers.loyalty_tier',
        'lifecycle_stage': 'readers.lifecycle_stage',
        'last_order_at': 'cast(readers.last_order_at as date)',
        'birthday_year_age': ['readers.age_reached', 'number'],
        'cart': ['email_letters.cart', 'json'],
        'offer': ['letter_offers.offer_json', 'json'],
        'recommendations': ["coalesce(recommendations.recommendations, '[]')", 'json'],
        'occasion_on': 'email_letters.occasion_on',
    }) }} as context
from email_letters
left join letter_offers on email_letters.message_id = letter_offers.message_id
left join readers on email_letters.message_id = readers.message_id
left join recommendations on email_letters.message_id = recommendations.message_id

with
    email_letters as (select * from {{ ref('email_letters') }}),

    readers as (select * from {{ ref('email_readers') }}),

    letter_carts as (select * from {{ ref('letter_carts') }}),

    letter_orders as (select * from {{ ref('letter_orders') }}),

    letter_products as (select * from {{ ref('letter_products') }}),

    letter_views as (select * from {{ ref('letter_views') }}),

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
            {{ json_array_agg(
                product_json(reason='shown_products.reason'), 'shown_products.place'
            ) }} as recommendations
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
        'customer_id': 'email_letters.customer_id',
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
        'purchase_history': ["coalesce(readers.purchase_history, '[]')", 'json'],
        'cart': ['letter_carts.cart', 'json'],
        'order': ['letter_orders.letter_order', 'json'],
        'product': ['letter_products.product', 'json'],
        'viewed': ["coalesce(letter_views.viewed, '[]')", 'json'],
        'offer': ['letter_offers.offer_json', 'json'],
        'recommendations': ["coalesce(recommendations.recommendations, '[]')", 'json'],
        'occasion_on': 'email_letters.occasion_on',
    }) }} as context
from email_letters
left join letter_offers on email_letters.message_id = letter_offers.message_id
left join readers on email_letters.message_id = readers.message_id
left join recommendations on email_letters.message_id = recommendations.message_id
left join letter_carts on email_letters.message_id = letter_carts.message_id
left join letter_orders on email_letters.message_id = letter_orders.message_id
left join letter_products on email_letters.message_id = letter_products.message_id
left join letter_views on email_letters.message_id = letter_views.message_id

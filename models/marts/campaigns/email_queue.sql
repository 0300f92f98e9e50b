with email_letters as (
    select * from {{ ref('email_letters') }}
),

email_carts as (
    select * from {{ ref('email_carts') }}
),

email_recommendations as (
    select * from {{ ref('email_recommendations') }}
),

customers as (
    select * from {{ ref('customers') }}
),

customer_birthdays as (
    select * from {{ ref('customer_birthdays') }}
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
        'first_name': 'customers.first_name',
        'last_name': 'customers.last_name',
        'city': 'customers.city',
        'country': 'customers.country',
        'language': 'email_letters.language',
        'can_personalize': ['email_letters.personal_customer_id is not null', 'boolean'],
        'loyalty_tier': 'customers.loyalty_tier',
        'lifecycle_stage': 'customers.lifecycle_stage',
        'last_order_at': 'cast(customers.last_order_at as date)',
        'birthday_year_age': ['customer_birthdays.age_reached', 'number'],
        'cart': ['email_carts.cart', 'json'],
        'recommendations': ["coalesce(email_recommendations.recommendations, '[]')", 'json'],
        'occasion_on': 'email_letters.occasion_on',
    }) }} as context
from email_letters
left join customers on email_letters.personal_customer_id = customers.customer_id
left join customer_birthdays
    on email_letters.personal_customer_id = customer_birthdays.customer_id
    and email_letters.occasion_on = customer_birthdays.birthday_on
left join email_carts on email_letters.message_id = email_carts.message_id
left join email_recommendations on email_letters.message_id = email_recommendations.message_id

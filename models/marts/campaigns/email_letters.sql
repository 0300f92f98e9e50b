with email_decisions as (
    select * from {{ ref('email_decisions') }}
    where decision = 'send'
),

email_candidates as (
    select * from {{ ref('email_candidates') }}
),

customers as (
    select * from {{ ref('customers') }}
)

select
    email_decisions.message_id,
    email_decisions.customer_id,
    -- Who refused personalization, or never agreed to it, gets the same letter as everybody.
    case when customers.can_personalize then email_decisions.customer_id end
        as personal_customer_id,
    case when customers.can_personalize then email_candidates.cart_key end as cart_key,
    email_decisions.email,
    email_decisions.campaign,
    email_decisions.occasion,
    email_candidates.occasion_on,
    email_decisions.variant,
    email_candidates.template,
    coalesce(customers.language, 'en') as language,
    customers.timezone,
    email_decisions.send_after,
    email_decisions.expires_at,
    email_decisions.evaluated_at
from email_decisions
inner join email_candidates on email_decisions.message_id = email_candidates.message_id
inner join customers on email_decisions.customer_id = customers.customer_id

with
    email_decisions as (select * from {{ ref('email_decisions') }}),

    email_candidates as (select * from {{ ref('email_candidates') }}),

    customers as (select * from {{ ref('customers') }})

select
    email_decisions.message_id,
    email_decisions.customer_id,
    email_decisions.email,
    email_candidates.email_key,
    email_candidates.can_personalize,
    email_candidates.is_all_theirs,
    email_candidates.is_activity_theirs,
    email_candidates.trigger,
    email_decisions.campaign,
    email_decisions.occasion,
    email_candidates.occasion_on,
    email_candidates.qualified_at,
    email_decisions.variant,
    email_candidates.template,
    coalesce(email_candidates.locale, customers.language, 'en') as language,
    customers.timezone,
    -- Who refused personalization, or never agreed to it, gets the same letter as everybody; but
    -- what a transactional letter is about is its content.
    case when email_candidates.can_personalize then email_candidates.cart_key end as cart_key,
    case
        when email_candidates.can_personalize or email_candidates.kind = 'transactional'
        then email_candidates.order_id
    end as order_id,
    case when email_candidates.can_personalize then email_candidates.product_id end as product_id,
    email_decisions.send_after,
    email_decisions.expires_at,
    email_decisions.evaluated_at
from email_decisions
inner join email_candidates on email_decisions.message_id = email_candidates.message_id
inner join customers on email_decisions.customer_id = customers.customer_id
where email_decisions.decision = 'send'

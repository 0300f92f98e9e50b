-- No consent, no letter.
select decisions.message_id, decisions.customer_id
from {{ ref('email_decisions') }} as decisions
inner join {{ ref('campaigns') }} as campaigns on decisions.campaign = campaigns.campaign
left join {{ ref('customers') }} as customers on decisions.customer_id = customers.customer_id
where
    decisions.decision = 'send'
    and campaigns.kind = 'marketing'
    and not coalesce(customers.can_email, false)

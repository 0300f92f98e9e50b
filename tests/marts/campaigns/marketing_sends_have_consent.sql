-- No consent of the address, no letter to it.
select decisions.message_id, decisions.customer_id
from {{ ref('email_decisions') }} as decisions
inner join {{ ref('campaigns') }} as campaigns on decisions.campaign = campaigns.campaign
left join
    {{ ref('customer_emails') }} as emails
    on decisions.customer_id = emails.customer_id
    and decisions.email = emails.email
left join {{ ref('email_consents') }} as consents on emails.email_key = consents.email_key
left join {{ ref('customer_consents') }} as people on decisions.customer_id = people.customer_id
where
    decisions.decision = 'send'
    and campaigns.kind = 'marketing'
    and (
        coalesce(consents.marketing_status, 'unknown') <> 'granted'
        or coalesce(people.marketing_refused_at >= consents.marketing_since, false)
    )

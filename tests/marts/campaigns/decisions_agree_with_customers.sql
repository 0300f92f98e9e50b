-- What `customers` says about writing to somebody, and at which address, a decision says too.
select decisions.message_id, decisions.reason, customers.can_email
from {{ ref('email_decisions') }} as decisions
inner join {{ ref('campaigns') }} as campaigns on decisions.campaign = campaigns.campaign
inner join {{ ref('customers') }} as customers on decisions.customer_id = customers.customer_id
where
    campaigns.kind = 'marketing'
    and (
        coalesce(decisions.email, '') <> coalesce(customers.primary_email, '')
        or (
            decisions.reason in ('invalid_address', 'suppressed', 'no_consent')
            and customers.can_email
        )
        or (
            -- Whatever is asked after consent; the first two are asked before the address.
            decisions.reason
            not in ('already_sent', 'expired', 'invalid_address', 'suppressed', 'no_consent')
            and not customers.can_email
        )
    )

-- Whatever the kind of letter: nothing to an address that bounced, complained or unsubscribed.
select decisions.message_id, consents.suppression_reason
from {{ ref('email_decisions') }} as decisions
inner join
    {{ ref('customer_emails') }} as emails
    on decisions.customer_id = emails.customer_id
    and decisions.email = emails.email
inner join {{ ref('email_consents') }} as consents on emails.email_key = consents.email_key
where decisions.decision = 'send' and consents.suppression_reason is not null

-- What `customers` says about writing to somebody, and at which address, a decision says too; but
-- for a customer whom a likeness made of several: there it is asked of the address that keys tie;
-- and for a letter that answers one mailbox: there it is asked of that one.
with
    made_of_several as (
        select customer_id
        from {{ ref('identity_map') }}
        group by customer_id
        having min(key_group) <> max(key_group)
    )

select decisions.message_id, decisions.reason, customers.can_email
from {{ ref('email_decisions') }} as decisions
inner join {{ ref('campaigns') }} as campaigns on decisions.campaign = campaigns.campaign
inner join {{ ref('customers') }} as customers on decisions.customer_id = customers.customer_id
inner join
    {{ ref('campaign_occasions') }} as occasions
    on decisions.campaign = occasions.campaign
    and decisions.customer_id = occasions.customer_id
    and decisions.occasion = occasions.occasion
left join made_of_several on decisions.customer_id = made_of_several.customer_id
where
    campaigns.kind = 'marketing'
    and made_of_several.customer_id is null
    and occasions.to_email_key is null
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

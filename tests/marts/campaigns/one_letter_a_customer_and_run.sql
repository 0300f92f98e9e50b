-- One marketing letter a customer and run, and one of a campaign to an address.
with
    sends as (
        select decisions.customer_id, decisions.campaign, decisions.email
        from {{ ref('email_decisions') }} as decisions
        inner join {{ ref('campaigns') }} as campaigns on decisions.campaign = campaigns.campaign
        where decisions.decision = 'send' and campaigns.kind = 'marketing'
    )

select customer_id as holder, count(*) as letters_count
from sends
group by customer_id
having count(*) > 1

union all

select campaign || ' ' || email as holder, count(*) as letters_count
from sends
group by campaign, email
having count(*) > 1

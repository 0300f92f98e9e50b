with
    messages as (select * from {{ ref('customer_messages') }}),

    campaigns as (select * from {{ ref('campaigns') }}),

    mailboxes as (
        select customer_id, email_key
        from {{ ref('customer_emails') }}
        where not is_not_personal
        group by customer_id, email_key
    ),

    theirs as (
        select customer_id, message_id, email_key, campaign, occasion, sent_at
        from messages
        where customer_id is not null

        union all

        -- A mailbox may have gone from one customer to another since.
        select
            mailboxes.customer_id,
            messages.message_id,
            messages.email_key,
            messages.campaign,
            messages.occasion,
            messages.sent_at
        from messages
        inner join mailboxes on messages.email_key = mailboxes.email_key
        left join
            mailboxes as addressees
            on messages.customer_id = addressees.customer_id
            and messages.email_key = addressees.email_key
        where
            addressees.customer_id is null
            and coalesce(messages.customer_id <> mailboxes.customer_id, true)
    )

select
    theirs.customer_id,
    theirs.message_id,
    theirs.email_key,
    theirs.campaign,
    theirs.occasion,
    -- Another sender's letters are advertising as far as we know.
    coalesce(campaigns.kind, 'marketing') as kind,
    campaigns.product_block,
    theirs.sent_at
from theirs
left join campaigns on theirs.campaign = campaigns.campaign

with
    candidates as (select * from {{ ref('email_candidates') }}),

    customer_letters as (select * from {{ ref('customer_letters') }}),

    messages as (select * from {{ ref('customer_messages') }}),

    mailboxes as (
        select customer_id, email_key
        from {{ ref('customer_emails') }}
        where not is_not_personal
        group by customer_id, email_key
    ),

    served as (
        select candidates.message_id, messages.sent_at, 'this very letter' as letter
        from candidates
        inner join messages on candidates.message_id = messages.message_id

        union all

        select candidates.message_id, letters.sent_at, 'a letter for this occasion' as letter
        from candidates
        inner join
            customer_letters as letters
            on candidates.customer_id = letters.customer_id
            and candidates.campaign = letters.campaign
            and candidates.occasion = letters.occasion

        union all

        -- A cart, an order or a product is the same thing whoever reads of it there.
        select
            candidates.message_id,
            messages.sent_at,
            'a letter about it, to a mailbox of theirs,' as letter
        from candidates
        inner join mailboxes on candidates.customer_id = mailboxes.customer_id
        inner join
            messages
            on mailboxes.email_key = messages.email_key
            and candidates.campaign = messages.campaign
            and candidates.occasion = messages.occasion
        where coalesce(candidates.cart_key, candidates.order_id, candidates.product_id) is not null

        union all

        -- Customers who share a mailbox get advertising of a campaign one after the other.
        select
            candidates.message_id,
            messages.sent_at,
            'a letter of the campaign to their mailbox, since the occasion came up,' as letter
        from candidates
        inner join
            messages
            on candidates.email_key = messages.email_key
            and candidates.campaign = messages.campaign
            and messages.sent_at >= candidates.qualified_at
        where candidates.kind = 'marketing'
    ),

    ranked as (
        select
            *, row_number() over (partition by message_id order by sent_at desc, letter) as recency
        from served
    )

select message_id, sent_at, letter || ' went out on ' || {{ utc_text('sent_at') }} as evidence
from ranked
where recency = 1

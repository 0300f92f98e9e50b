with
    candidates as (select * from {{ ref('email_candidates') }}),

    campaigns as (select * from {{ ref('campaigns') }}),

    customers as (select * from {{ ref('customers') }}),

    customer_letters as (select * from {{ ref('customer_letters') }}),

    messages as (select * from {{ ref('customer_messages') }}),

    to_customers as (
        select campaign, customer_id, max(sent_at) as sent_at
        from customer_letters
        group by campaign, customer_id
    ),

    -- Another sender's letters name no occasion.
    to_mailboxes as (
        select campaign, email_key, max(sent_at) as sent_at
        from messages
        where occasion is null
        group by campaign, email_key
    ),

    to_households as (
        select to_customers.campaign, customers.household_id, max(to_customers.sent_at) as sent_at
        from to_customers
        inner join customers on to_customers.customer_id = customers.customer_id
        where customers.household_id is not null
        group by to_customers.campaign, customers.household_id
    ),

    last_letters as (
        select
            candidates.message_id,
            candidates.campaign,
            campaigns.cooldown_days,
            {{ add_days(as_of(), '-campaigns.cooldown_days') }} as cooldown_from,
            to_customers.sent_at as customer_sent_at,
            to_mailboxes.sent_at as mailbox_sent_at,
            case
                when campaigns.one_per_household then to_households.sent_at
            end as household_sent_at
        from candidates
        inner join campaigns on candidates.campaign = campaigns.campaign
        inner join customers on candidates.customer_id = customers.customer_id
        left join
            to_customers
            on candidates.campaign = to_customers.campaign
            and candidates.customer_id = to_customers.customer_id
        left join
            to_mailboxes
            on candidates.campaign = to_mailboxes.campaign
            and candidates.email_key = to_mailboxes.email_key
        left join
            to_households
            on candidates.campaign = to_households.campaign
            and customers.household_id = to_households.household_id
    )

select
    message_id,
    case
        when customer_sent_at > cooldown_from
        then campaign || ' wrote to them on ' || {{ utc_text('customer_sent_at') }}
        when mailbox_sent_at > cooldown_from
        then campaign || ' wrote to the mailbox on ' || {{ utc_text('mailbox_sent_at') }}
        else campaign || ' wrote to the household on ' || {{ utc_text('household_sent_at') }}
    end
    || ', cooldown '
    || {{ counted('cooldown_days', 'day') }} as evidence
from last_letters
where
    customer_sent_at > cooldown_from
    or mailbox_sent_at > cooldown_from
    or household_sent_at > cooldown_from

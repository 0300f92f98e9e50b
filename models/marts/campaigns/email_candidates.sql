with
    campaign_occasions as (select * from {{ ref('campaign_occasions') }}),

    primary_emails as (select * from {{ ref('customer_emails') }} where is_primary),

    occasion_mailboxes as (select * from {{ ref('occasion_mailboxes') }}),

    email_consents as (select * from {{ ref('email_consents') }}),

    customer_consents as (select * from {{ ref('customer_consents') }}),

    customer_messages as (select * from {{ ref('customer_messages') }}),

    sent_letters as (select message_id from customer_messages group by message_id),

    sent_occasions as (
        select campaign, customer_id, occasion
        from customer_messages
        where customer_id is not null and occasion is not null
        group by campaign, customer_id, occasion
    ),

    sent_customers as (
        select campaign, customer_id, max(sent_at) as last_sent_at
        from customer_messages
        where customer_id is not null
        group by campaign, customer_id
    ),

    sent_addresses as (
        select
            campaign,
            email_key,
            max(sent_at) as last_sent_at,
            max(case when occasion is null then sent_at end) as last_foreign_sent_at
        from customer_messages
        group by campaign, email_key
    ),

    addressed as (
        select
            campaign_occasions.*,
            {{ hash_uuid(
            "campaign_occasions.campaign || '|' || campaign_occasions.customer_id"
            ~ " || '|' || campaign_occasions.occasion"
        ) }} as message_id,
            {{ add_days(as_of(), '-campaign_occasions.cooldown_days') }} as cooldown_from,
            primary_emails.email is not null as has_address,
            occasion_mailboxes.email,
            occasion_mailboxes.email_key,
            occasion_mailboxes.is_all_theirs,
            occasion_mailboxes.is_activity_theirs
        from campaign_occasions
        left join primary_emails on campaign_occasions.customer_id = primary_emails.customer_id
        left join
            occasion_mailboxes
            on campaign_occasions.campaign = occasion_mailboxes.campaign
            and campaign_occasions.customer_id = occasion_mailboxes.customer_id
            and campaign_occasions.occasion = occasion_mailboxes.occasion
    )

select
    addressed.message_id,
    addressed.customer_id,
    addressed.campaign,
    addressed.trigger,
    addressed.occasion,
    addressed.occasion_on,
    addressed.cart_key,
    addressed.order_id,
    addressed.product_id,
    addressed.kind,
    addressed.template,
    addressed.priority,
    addressed.email,
    addressed.email_key,
    addressed.qualified_at,
    addressed.send_after,
    addressed.expires_at,
    (
        sent_letters.message_id is not null
        or sent_occasions.occasion is not null
        or coalesce(sent_customers.last_sent_at > addressed.cooldown_from, false)
        or coalesce(sent_addresses.last_foreign_sent_at > addressed.cooldown_from, false)
        or coalesce(sent_addresses.last_sent_at >= addressed.qualified_at, false)
    ) as is_already_sent,
    addressed.has_address,
    addressed.email is not null as has_tied_address,
    email_consents.suppression_reason is not null as is_suppressed,
    {{ has_consent('marketing') }} as has_consent,
    {{ has_consent('personalization') }} as can_personalize,
    coalesce(addressed.is_all_theirs, false) as is_all_theirs,
    coalesce(addressed.is_activity_theirs, false) as is_activity_theirs,
    addressed.is_over,
    addressed.over_reason,
    addressed.is_order_missing
from addressed
left join email_consents on addressed.email_key = email_consents.email_key
left join customer_consents on addressed.customer_id = customer_consents.customer_id
left join sent_letters on addressed.message_id = sent_letters.message_id
left join
    sent_occasions
    on addressed.campaign = sent_occasions.campaign
    and addressed.customer_id = sent_occasions.customer_id
    and addressed.occasion = sent_occasions.occasion
left join
    sent_customers
    on addressed.campaign = sent_customers.campaign
    and addressed.customer_id = sent_customers.customer_id
left join
    sent_addresses
    on addressed.campaign = sent_addresses.campaign
    and addressed.email_key = sent_addresses.email_key

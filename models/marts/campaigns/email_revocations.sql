with
    customer_messages as (select * from {{ ref('customer_messages') }}),

    campaigns as (select * from {{ ref('campaigns') }}),

    campaign_occasions as (select * from {{ ref('campaign_occasions') }}),

    email_consents as (select * from {{ ref('email_consents') }}),

    customer_consents as (select * from {{ ref('customer_consents') }}),

    given_up_emails as (
        select customer_id, email_key
        from {{ ref('customer_emails') }}
        where is_given_up
        group by customer_id, email_key
    ),

    last_purchases as (
        select customer_id, max(purchased_at) as last_purchased_at
        from {{ ref('customer_purchases') }}
        group by customer_id
    ),

    -- Whoever ordered it, perhaps as a guest under another address.
    ordered_carts as (
        select {{ cart_occasion() }} as occasion
        from {{ ref('carts') }}
        where ordered_at is not null
        group by {{ cart_occasion() }}
    ),

    -- Our own letters that may still wait: rendered once they were due, they expire by then.
    letters as (
        select
            customer_messages.*,
            campaigns.kind,
            campaigns.purchases = 'ends' as ends_with_purchase,
            coalesce(campaign_occasions.over_reason = 'already_purchased', false)
            or ordered_carts.occasion is not null as is_purchased,
            -- An order that we hear of late was placed before the letter, and after its occasion,
            -- which may be gone because of it: then it was no earlier than a letter's life before.
            coalesce(
                campaign_occasions.qualified_at,
                {{ add_seconds(
                'customer_messages.sent_at', '-3600 * campaigns.expires_after_hours'
            ) }}
            ) as purchased_from
        from customer_messages
        inner join campaigns on customer_messages.campaign = campaigns.campaign
        left join
            campaign_occasions
            on customer_messages.campaign = campaign_occasions.campaign
            and customer_messages.customer_id = campaign_occasions.customer_id
            and customer_messages.occasion = campaign_occasions.occasion
        left join
            ordered_carts
            on customer_messages.occasion = ordered_carts.occasion
            and campaigns.purchases = 'ends'
        where
            customer_messages.occasion is not null
            and {{ add_seconds(
            'customer_messages.sent_at', '3600 * campaigns.expires_after_hours'
        ) }} > {{ as_of() }}
    ),

    -- The rules of email_decisions, asked again of the address that the letter goes to.
    judged as (
        select
            letters.*,
            case
                when given_up_emails.email_key is not null
                then 'invalid_address'
                when email_consents.suppression_reason is not null
                then 'suppressed'
                when letters.kind = 'marketing' and not {{ has_consent('marketing') }}
                then 'no_consent'
                when
                    letters.is_purchased
                    or (
                        letters.ends_with_purchase
                        and last_purchases.last_purchased_at >= letters.purchased_from
                    )
                then 'already_purchased'
            end as reason
        from letters
        left join
            given_up_emails
            on letters.customer_id = given_up_emails.customer_id
            and letters.email_key = given_up_emails.email_key
        left join email_consents on letters.email_key = email_consents.email_key
        left join customer_consents on letters.customer_id = customer_consents.customer_id
        left join last_purchases on letters.customer_id = last_purchases.customer_id
    )

select
    message_id,
    customer_id,
    campaign,
    occasion,
    reason,
    sent_at as rendered_at,
    {{ as_of() }} as evaluated_at
from judged
where reason is not null

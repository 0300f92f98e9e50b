with
    campaign_occasions as (select * from {{ ref('campaign_occasions') }}),

    campaigns as (select * from {{ ref('campaigns') }}),

    primary_emails as (select * from {{ ref('customer_emails') }} where is_primary),

    occasion_mailboxes as (select * from {{ ref('occasion_mailboxes') }}),

    email_consents as (select * from {{ ref('email_consents') }}),

    customer_consents as (select * from {{ ref('customer_consents') }}),

    experiment_arms as (select * from {{ ref('experiment_arms') }}),

    addressed as (
        select
            campaign_occasions.*,
            {{ hash_uuid(
            "campaign_occasions.campaign || '|' || campaign_occasions.customer_id"
            ~ " || '|' || campaign_occasions.occasion"
        ) }} as message_id,
            campaigns.locale,
            primary_emails.email is not null as has_address,
            occasion_mailboxes.email,
            occasion_mailboxes.email_key,
            occasion_mailboxes.is_all_theirs,
            occasion_mailboxes.is_activity_theirs
        from campaign_occasions
        inner join campaigns on campaign_occasions.campaign = campaigns.campaign
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
    coalesce(arms.template, addressed.template) as template,
    addressed.locale,
    addressed.priority,
    addressed.email,
    addressed.email_key,
    addressed.qualified_at,
    addressed.send_after,
    addressed.expires_at,
    addressed.has_address,
    addressed.email is not null as has_tied_address,
    email_consents.suppression_reason is not null as is_suppressed,
    replace(email_consents.suppression_reason, '_', ' ')
    || ' on '
    || {{ utc_text('email_consents.suppressed_at') }} as suppression_evidence,
    {{ has_consent('marketing') }} as has_consent,
    case
        when
            email_consents.marketing_status = 'granted'
            and customer_consents.marketing_refused_at >= email_consents.marketing_since
        then
            'refused elsewhere, at another of their mailboxes, on '
            || {{ utc_text('customer_consents.marketing_refused_at') }}
        when coalesce(email_consents.marketing_since, {{ long_ago() }}) = {{ long_ago() }}
        then 'never asked, or never answered'
        else
            email_consents.marketing_status
            || ' on '
            || {{ utc_text('email_consents.marketing_since') }}
            || coalesce(' by ' || email_consents.marketing_source, '')
    end as consent_evidence,
    {{ has_consent('personalization') }} as can_personalize,
    coalesce(addressed.is_all_theirs, false) as is_all_theirs,
    coalesce(addressed.is_activity_theirs, false) as is_activity_theirs,
    addressed.is_over,
    addressed.over_reason,
    addressed.is_order_missing,
    arms.experiment,
    coalesce(arms.arm, 'default') as variant,
    addressed.kind = 'marketing'
    and (coalesce(arms.is_holdout, false) or coalesce(of_all.is_holdout, false)) as is_held_out,
    case
        when of_all.is_holdout
        then {{ percent('of_all.share') }} || ' of all customers are held out of all marketing'
        else {{ percent('arms.share') }} || ' of customers are held out of ' || addressed.campaign
    end as holdout_evidence
from addressed
left join email_consents on addressed.email_key = email_consents.email_key
left join customer_consents on addressed.customer_id = customer_consents.customer_id
left join
    experiment_arms as arms
    on addressed.campaign = arms.campaign
    and addressed.customer_id = arms.customer_id
left join
    experiment_arms as of_all
    on addressed.customer_id = of_all.customer_id
    and of_all.campaign = 'all_campaigns'

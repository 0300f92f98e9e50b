-- Longer than a page, since statements, bounces and complaints make one state of an address.
with
    consents as (select * from {{ ref('stg_crm__consents') }}),

    email_events as (select * from {{ ref('stg_email__events') }}),

    -- A grant dated after the clock does not hold yet; a withdrawal counts as soon as it is known.
    statements as (
        select
            email_key,
            max(
                case when purpose = 'marketing' and status = 'granted' then occurred_at end
            ) as marketing_granted_at,
            max(
                case when purpose = 'marketing' and status = 'withdrawn' then occurred_at end
            ) as marketing_withdrawn_at,
            max(
                case when purpose = 'personalization' and status = 'granted' then occurred_at end
            ) as personalization_granted_at,
            max(
                case when purpose = 'personalization' and status = 'withdrawn' then occurred_at end
            ) as personalization_withdrawn_at
        from consents
        where status = 'withdrawn' or occurred_at <= {{ as_of() }}
        group by email_key
    ),

    deliveries as (
        select
            email_key,
            max(case when event_type = 'delivered' then occurred_at end) as last_delivered_at,
            max(
                case
                    when
                        event_type in ('opened', 'clicked') and not coalesce(is_machine_open, false)
                    then occurred_at
                end
            ) as last_engaged_at,
            max(case when event_type = 'unsubscribed' then occurred_at end) as unsubscribed_at,
            max(case when event_type = 'complained' then occurred_at end) as complained_at,
            max(
                case when event_type = 'bounced' and bounce_type = 'hard' then occurred_at end
            ) as hard_bounced_at
        from email_events
        group by email_key
    ),

    -- Soft bounces in a row: those that no later delivery made good.
    soft_bounces as (
        select email_events.email_key, count(*) as soft_bounces_count
        from email_events
        inner join deliveries on email_events.email_key = deliveries.email_key
        where
            email_events.event_type = 'bounced'
            and coalesce(email_events.bounce_type, 'soft') <> 'hard'
            and coalesce(email_events.occurred_at >= deliveries.last_delivered_at, true)
        group by email_events.email_key
    ),

    -- An unsubscribe and a complaint are withdrawals of the marketing consent too.
    withdrawals as (
        select
            coalesce(statements.email_key, deliveries.email_key) as email_key,
            statements.marketing_granted_at,
            greatest(
                coalesce(statements.marketing_withdrawn_at, {{ long_ago() }}),
                coalesce(deliveries.unsubscribed_at, {{ long_ago() }}),
                coalesce(deliveries.complained_at, {{ long_ago() }})
            ) as marketing_withdrawn_at,
            statements.personalization_granted_at,
            coalesce(
                statements.personalization_withdrawn_at, {{ long_ago() }}
            ) as personalization_withdrawn_at,
            deliveries.complained_at is not null as is_complained,
            deliveries.hard_bounced_at is not null as is_hard_bounced,
            deliveries.unsubscribed_at is not null
            and coalesce(
                statements.marketing_granted_at <= deliveries.unsubscribed_at, true
            ) as is_unsubscribed,
            coalesce(soft_bounces.soft_bounces_count, 0) as soft_bounces_count,
            deliveries.last_delivered_at,
            deliveries.last_engaged_at
        from statements
        full outer join deliveries on statements.email_key = deliveries.email_key
        left join soft_bounces on deliveries.email_key = soft_bounces.email_key
    ),

    states as (
        select
            *,
            case
                when marketing_granted_at > marketing_withdrawn_at
                then 'granted'
                when marketing_withdrawn_at > {{ long_ago() }}
                then 'withdrawn'
                else 'unknown'
            end as marketing_status,
            case
                when personalization_granted_at > personalization_withdrawn_at
                then 'granted'
                when personalization_withdrawn_at > {{ long_ago() }}
                then 'withdrawn'
                else 'unknown'
            end as personalization_status
        from withdrawals
    )

select
    email_key,
    marketing_status,
    case
        marketing_status
        when 'granted'
        then marketing_granted_at
        when 'withdrawn'
        then marketing_withdrawn_at
    end as marketing_since,
    personalization_status,
    case
        personalization_status
        when 'granted'
        then personalization_granted_at
        when 'withdrawn'
        then personalization_withdrawn_at
    end as personalization_since,
    is_complained,
    is_hard_bounced,
    is_unsubscribed,
    soft_bounces_count,
    case
        when is_complained
        then 'complaint'
        when is_hard_bounced
        then 'hard_bounce'
        when is_unsubscribed
        then 'unsubscribe'
        when soft_bounces_count >= 3
        then 'soft_bounces'
    end as suppression_reason,
    last_delivered_at,
    last_engaged_at
from states

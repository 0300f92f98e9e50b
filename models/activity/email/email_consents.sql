-- A grant dated after the clock does not hold yet; a refusal counts as soon as it is known.
with
    statements as (
        select *
        from {{ ref('consent_statements') }}
        where email_key is not null and (status <> 'granted' or occurred_at <= {{ as_of() }})
    ),

    email_events as (select * from {{ ref('email_events') }}),

    spoken as (
        select
            email_key,
            purpose,
            coalesce(
                max(case when status = 'granted' then occurred_at end), {{ long_ago() }}
            ) as granted_at,
            max(
                case when status in ('withdrawn', 'pending', 'unknown') then occurred_at end
            ) as ended_at,
            max(case when status = 'withdrawn' then occurred_at end) as withdrawn_at,
            max(case when status = 'pending' then occurred_at end) as pending_at,
            max(case when event_type = 'unsubscribed' then occurred_at end) as unsubscribed_at,
            max(case when event_type = 'complained' then 1 else 0 end) = 1 as is_complained,
            max(case when event_type = 'bounced' then 1 else 0 end) = 1 as is_hard_bounced
        from statements
        group by email_key, purpose
    ),

    -- The latest statement wins, and what is no grant wins a tie.
    judged as (
        select
            *,
            case
                when granted_at > coalesce(ended_at, {{ long_ago() }})
                then 'granted'
                when withdrawn_at = ended_at
                then 'withdrawn'
                when pending_at = ended_at
                then 'pending'
                else 'unknown'
            end as status,
            case
                when granted_at > coalesce(ended_at, {{ long_ago() }}) then granted_at else ended_at
            end as status_since,
            coalesce(granted_at <= unsubscribed_at, false) as is_unsubscribed
        from spoken
    ),

    refusals as (
        select
            email_key,
            {%- for purpose in ['marketing', 'personalization'] %}
                coalesce(
                    max(case when purpose = '{{ purpose }}' then status end), 'unknown'
                ) as {{ purpose }}_status,
                max(
                    case when purpose = '{{ purpose }}' then status_since end
                ) as {{ purpose }}_since,
            {%- endfor %}
            max(case when is_complained then 1 else 0 end) = 1 as is_complained,
            max(case when is_hard_bounced then 1 else 0 end) = 1 as is_hard_bounced,
            max(case when is_unsubscribed then 1 else 0 end) = 1 as is_unsubscribed
        from judged
        group by email_key
    ),

    deliveries as (
        select
            email_key,
            max(case when event_type = 'delivered' then occurred_at end) as last_delivered_at,
            max(
                case
                    when event_type in ('opened', 'clicked') and not is_machine then occurred_at
                end
            ) as last_engaged_at
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
    )

select
    coalesce(refusals.email_key, deliveries.email_key) as email_key,
    coalesce(refusals.marketing_status, 'unknown') as marketing_status,
    refusals.marketing_since,
    coalesce(refusals.personalization_status, 'unknown') as personalization_status,
    refusals.personalization_since,
    coalesce(refusals.is_complained, false) as is_complained,
    coalesce(refusals.is_hard_bounced, false) as is_hard_bounced,
    coalesce(refusals.is_unsubscribed, false) as is_unsubscribed,
    coalesce(soft_bounces.soft_bounces_count, 0) as soft_bounces_count,
    case
        when refusals.is_complained
        then 'complaint'
        when refusals.is_hard_bounced
        then 'hard_bounce'
        when refusals.is_unsubscribed
        then 'unsubscribe'
        when soft_bounces.soft_bounces_count >= 3
        then 'soft_bounces'
    end as suppression_reason,
    deliveries.last_delivered_at,
    deliveries.last_engaged_at
from refusals
full outer join deliveries on refusals.email_key = deliveries.email_key
left join soft_bounces on deliveries.email_key = soft_bounces.email_key

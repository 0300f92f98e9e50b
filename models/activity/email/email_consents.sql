-- A grant dated after the clock does not hold yet; a refusal counts as soon as it is known.
with
    statements as (
        select *
        from {{ ref('consent_statements') }}
        where email_key is not null and (status <> 'granted' or occurred_at <= {{ as_of() }})
    ),

    deliveries as (select * from {{ ref('email_deliveries') }}),

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
            min(case when event_type = 'complained' then occurred_at end) as complained_at,
            min(case when event_type = 'bounced' then occurred_at end) as hard_bounced_at,
            -- The latest of each kind with its source; a space sorts before a fraction of a second.
            max(
                case
                    when status = 'granted'
                    then cast(occurred_at as {{ dbt.type_string() }}) || ' ' || source_table
                end
            ) as granted_by,
            max(
                case
                    when status in ('withdrawn', 'pending', 'unknown')
                    then cast(occurred_at as {{ dbt.type_string() }}) || ' ' || source_table
                end
            ) as ended_by
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
            case
                when granted_at > coalesce(ended_at, {{ long_ago() }}) then granted_by else ended_by
            end as said_by,
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
            max(case when purpose = 'marketing' then said_by end) as marketing_said_by,
            min(complained_at) as complained_at,
            min(hard_bounced_at) as hard_bounced_at,
            max(case when is_unsubscribed then unsubscribed_at end) as unsubscribed_at
        from judged
        group by email_key
    )

select
    coalesce(refusals.email_key, deliveries.email_key) as email_key,
    coalesce(refusals.marketing_status, 'unknown') as marketing_status,
    refusals.marketing_since,
    {{ regex_extract('refusals.marketing_said_by', '([^ ]+)$', 1) }} as marketing_source,
    coalesce(refusals.personalization_status, 'unknown') as personalization_status,
    refusals.personalization_since,
    refusals.complained_at is not null as is_complained,
    refusals.hard_bounced_at is not null as is_hard_bounced,
    refusals.unsubscribed_at is not null as is_unsubscribed,
    coalesce(deliveries.soft_bounces_count, 0) as soft_bounces_count,
    case
        when refusals.complained_at is not null
        then 'complaint'
        when refusals.hard_bounced_at is not null
        then 'hard_bounce'
        when refusals.unsubscribed_at is not null
        then 'unsubscribe'
        when deliveries.soft_bounces_count >= {{ var('soft_bounces_limit') }}
        then 'soft_bounces'
    end as suppression_reason,
    coalesce(
        refusals.complained_at,
        refusals.hard_bounced_at,
        refusals.unsubscribed_at,
        case
            when deliveries.soft_bounces_count >= {{ var('soft_bounces_limit') }}
            then deliveries.last_soft_bounce_at
        end
    ) as suppressed_at,
    deliveries.last_delivered_at,
    deliveries.last_engaged_at
from refusals
full outer join deliveries on refusals.email_key = deliveries.email_key

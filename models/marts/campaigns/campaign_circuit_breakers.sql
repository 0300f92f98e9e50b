{%- set limits = var('circuit_breaker') %}

with
    campaigns as (select * from {{ ref('campaigns') }}),

    letters as (
        select campaign, message_id
        from {{ ref('customer_messages') }}
        where sent_at > {{ add_days(as_of(), -limits.days) }}
        group by campaign, message_id
    ),

    answers as (
        select
            message_id,
            max(case when event_type = 'bounced' then 1 else 0 end) as is_bounced,
            max(case when event_type = 'complained' then 1 else 0 end) as is_complained
        from {{ ref('email_events') }}
        where event_type in ('bounced', 'complained') and message_id is not null
        group by message_id
    ),

    counted as (
        select
            letters.campaign,
            count(*) as letters_count,
            cast(sum(coalesce(answers.is_bounced, 0)) as bigint) as bounces_count,
            cast(sum(coalesce(answers.is_complained, 0)) as bigint) as complaints_count
        from letters
        left join answers on letters.message_id = answers.message_id
        group by letters.campaign
    ),

    rated as (
        select
            campaigns.campaign,
            campaigns.kind,
            coalesce(counted.letters_count, 0) as letters_count,
            coalesce(counted.bounces_count, 0) as bounces_count,
            coalesce(counted.complaints_count, 0) as complaints_count,
            cast(counted.bounces_count as double) / counted.letters_count as bounce_rate,
            cast(counted.complaints_count as double) / counted.letters_count as complaint_rate
        from campaigns
        left join counted on campaigns.campaign = counted.campaign
    )

select
    campaign,
    letters_count,
    bounces_count,
    complaints_count,
    bounce_rate,
    complaint_rate,
    -- What a customer waits for is not held back by what others say about it.
    coalesce(
        kind = 'marketing'
        and letters_count >= {{ limits.letters }}
        and (bounce_rate > {{ limits.bounces }} or complaint_rate > {{ limits.complaints }}),
        false
    ) as is_open,
    {{ counted('bounces_count', 'bounce') }}
    || ' and '
    || {{ counted('complaints_count', 'complaint') }}
    || ' of '
    || {{ counted('letters_count', 'letter') }}
    || ' in {{ limits.days }} days; more than {{ (100 * limits.bounces) | round(2) }} % and '
    || '{{ (100 * limits.complaints) | round(2) }} % stop it' as evidence
from rated

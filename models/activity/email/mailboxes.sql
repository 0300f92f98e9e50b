with
    consents as (select * from {{ ref('stg_crm__consents') }}),

    surveys as (select * from {{ ref('stg_crm__surveys') }}),

    clicks as (
        select * from {{ ref('email_events') }} where event_type = 'clicked' and not is_machine
    ),

    -- What is known of a mailbox only: nothing tells the rows of one apart.
    mentions as (
        select 'crm.consents' as source_table, email_key, occurred_at as seen_at
        from consents
        union all
        select 'crm.surveys' as source_table, email_key, submitted_at as seen_at
        from surveys
        union all
        select 'email.clicks' as source_table, email_key, occurred_at as seen_at
        from clicks
    )

select source_table, email_key, min(seen_at) as first_seen_at
from mentions
group by source_table, email_key

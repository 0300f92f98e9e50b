-- No consent, no letter: proved from the raw statements, not from the model that derives can_email.
with
    mailable as (select customer_id, primary_email_key from {{ ref('customers') }} where can_email),

    grants as (
        select email_key, max(occurred_at) as granted_at
        from {{ ref('stg_crm__consents') }}
        where purpose = 'marketing' and status = 'granted' and occurred_at <= {{ as_of() }}
        group by email_key
    ),

    objections as (
        select email_key, occurred_at, false as is_final
        from {{ ref('stg_crm__consents') }}
        where purpose = 'marketing' and status = 'withdrawn'

        union all

        select
            email_key,
            occurred_at,
            event_type = 'complained' or coalesce(bounce_type = 'hard', false) as is_final
        from {{ ref('stg_email__events') }}
        where event_type in ('complained', 'unsubscribed') or bounce_type = 'hard'
    )

select mailable.customer_id
from mailable
left join grants on mailable.primary_email_key = grants.email_key
left join
    objections
    on mailable.primary_email_key = objections.email_key
    and (objections.is_final or grants.granted_at <= objections.occurred_at)
where grants.granted_at is null or objections.email_key is not null

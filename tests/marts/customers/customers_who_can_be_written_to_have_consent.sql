-- No consent, no letter: proved from the statements, not from the models that derive can_email.
with
    mailable as (select customer_id, primary_email_key from {{ ref('customers') }} where can_email),

    statements as (select * from {{ ref('consent_statements') }} where purpose = 'marketing'),

    grants as (
        select email_key, max(occurred_at) as granted_at
        from statements
        where status = 'granted' and occurred_at <= {{ as_of() }}
        group by email_key
    ),

    objections as (
        select
            email_key,
            occurred_at,
            event_type is not null and event_type <> 'unsubscribed' as is_final
        from statements
        where status <> 'granted'
    )

select mailable.customer_id
from mailable
left join grants on mailable.primary_email_key = grants.email_key
left join
    objections
    on mailable.primary_email_key = objections.email_key
    and (objections.is_final or grants.granted_at <= objections.occurred_at)
where grants.granted_at is null or objections.email_key is not null

with
    -- A sign-up that waits for its confirmation is no consent yet.
    pending as (
        select email_key, max(occurred_at) as signed_up_at
        from {{ ref('consent_statements') }}
        where
            purpose = 'marketing'
            and status = 'pending'
            and email_key is not null
            and occurred_at <= {{ as_of() }}
        group by email_key
    ),

    mailboxes as (
        select customer_id, email_key
        from {{ ref('customer_emails') }}
        where not is_not_personal
        group by customer_id, email_key
    ),

    email_consents as (select * from {{ ref('email_consents') }}),

    sign_ups as (
        select
            mailboxes.customer_id,
            pending.email_key,
            pending.signed_up_at,
            case
                when email_consents.marketing_status <> 'pending' then 'answered'
            end as over_reason
        from pending
        inner join mailboxes on pending.email_key = mailboxes.email_key
        inner join email_consents on pending.email_key = email_consents.email_key
    )

select
    customer_id,
    {{ hash_uuid(
        "email_key || '|' || cast(signed_up_at as " ~ dbt.type_string() ~ ")"
    ) }} as occasion,
    signed_up_at as happened_at,
    signed_up_at as qualified_at,
    over_reason is not null as is_over,
    over_reason,
    cast(null as {{ dbt.type_string() }}) as cart_key,
    cast(null as {{ dbt.type_string() }}) as order_id,
    cast(null as {{ dbt.type_string() }}) as product_id,
    email_key as to_email_key
from sign_ups

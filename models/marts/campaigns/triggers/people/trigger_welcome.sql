with
    grants as (
        select email_key, min(occurred_at) as granted_at
        from {{ ref('consent_statements') }}
        where
            purpose = 'marketing'
            and status = 'granted'
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

    -- Nobody is welcomed twice, whatever other address agrees later.
    first_grants as (
        select
            mailboxes.customer_id,
            grants.email_key,
            grants.granted_at,
            row_number() over (
                partition by mailboxes.customer_id order by grants.granted_at, grants.email_key
            ) as choice
        from grants
        inner join mailboxes on grants.email_key = mailboxes.email_key
    )

select
    customer_id,
    'welcome' as occasion,
    granted_at as happened_at,
    granted_at as qualified_at,
    false as is_over,
    cast(null as {{ dbt.type_string() }}) as over_reason,
    cast(null as {{ dbt.type_string() }}) as cart_key,
    cast(null as {{ dbt.type_string() }}) as order_id,
    cast(null as {{ dbt.type_string() }}) as product_id,
    email_key as to_email_key
from first_grants
where choice = 1

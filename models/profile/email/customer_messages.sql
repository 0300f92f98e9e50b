with
    messages as (select * from {{ ref('stg_email__messages') }}),

    customer_id_changes as (select * from {{ ref('customer_id_changes') }}),

    customer_identifiers as (select * from {{ ref('customer_identifiers') }})

select
    messages.message_id,
    -- A ledger row names the customer as known then; another sender's row is found by its address.
    coalesce(
        customer_id_changes.current_customer_id, customer_identifiers.customer_id
    ) as customer_id,
    messages.email_key,
    messages.campaign,
    messages.occasion,
    messages.variant,
    messages.template,
    messages.sent_at
from messages
left join customer_id_changes on messages.customer_id = customer_id_changes.customer_id
left join
    customer_identifiers
    on customer_identifiers.identifier_type = 'email'
    and messages.email_key = customer_identifiers.identifier_value
where messages.sent_at <= {{ as_of() }}

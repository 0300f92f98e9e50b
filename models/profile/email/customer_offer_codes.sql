with
    codes as (select * from {{ ref('ledger_offer_codes') }}),

    customer_id_changes as (select * from {{ ref('customer_id_changes') }}),

    messages as (select * from {{ ref('customer_messages') }})

select
    codes.code,
    {{ regex_replace('upper(codes.code)', '[^0-9A-Z]', '') }} as code_key,
    codes.offer,
    customer_id_changes.current_customer_id as customer_id,
    codes.campaign,
    codes.occasion,
    codes.message_id,
    messages.email_key,
    codes.kind,
    codes.value,
    codes.currency,
    codes.minimum,
    codes.issued_at,
    codes.expires_at
from codes
left join customer_id_changes on codes.customer_id = customer_id_changes.customer_id
left join messages on codes.message_id = messages.message_id
-- Before as_of, as letters are: a second run at the same moment must see what the first one saw.
where codes.issued_at < {{ as_of() }}

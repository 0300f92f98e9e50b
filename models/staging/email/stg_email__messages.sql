with

    earlier_messages as (select * from {{ ref('checked_email__messages') }} where fate = 'staged'),

    -- Before as_of, not at it: a second run at the same moment must see what the first one saw.
    own_messages as (
        select * from {{ ref('ledger_email_messages') }} where sent_at < {{ as_of() }}
    ),

    messages as (
        select
            earlier_messages.message_id,
            earlier_messages.email,
            earlier_messages.email_key,
            earlier_messages.campaign,
            cast(null as {{ dbt.type_string() }}) as occasion,
            earlier_messages.sent_at,
            earlier_messages.customer_id,
            earlier_messages.variant,
            earlier_messages.template,
            earlier_messages.received_at
        from earlier_messages
        left join own_messages on earlier_messages.message_id = own_messages.message_id
        where own_messages.message_id is null

        union all

        select
            message_id,
            email,
            {{ email_key('email') }} as email_key,
            campaign,
            occasion,
            sent_at,
            customer_id,
            variant,
            template,
            sent_at as received_at
        from own_messages
    )

select
    message_id,
    email,
    email_key,
    campaign,
    occasion,
    sent_at,
    customer_id,
    variant,
    template,
    received_at
from messages

with
    email_candidates as (select * from {{ ref('email_candidates') }}),

    -- The first rule that applies names the reason.
    judged as (
        select
            *,
            case
                when is_already_sent
                then 'already_sent'
                when expires_at <= {{ as_of() }}
                then 'expired'
                when not has_address
                then 'invalid_address'
                when not has_tied_address
                then 'address_not_tied'
                when is_suppressed
                then 'suppressed'
                when kind = 'marketing' and not has_consent
                then 'no_consent'
                when is_over
                then over_reason
                when is_order_missing
                then 'orders_not_yet_known'
                when send_after > {{ as_of() }}
                then 'waiting'
            end as objection
        from email_candidates
    ),

    customer_ranks as (
        select
            *,
            row_number() over (
                partition by customer_id order by priority, qualified_at, message_id
            ) as customer_rank
        from judged
        where objection is null and kind = 'marketing'
    ),

    -- Customers who share an address get a campaign's letter one after the other.
    address_ranks as (
        select
            message_id,
            row_number() over (
                partition by email_key, campaign order by qualified_at, customer_id, message_id
            ) as address_rank
        from customer_ranks
        where customer_rank = 1
    ),

    reasoned as (
        select
            judged.*,
            case
                when judged.objection is not null
                then judged.objection
                when judged.kind = 'marketing' and coalesce(address_ranks.address_rank, 0) <> 1
                then 'outranked'
                else 'due'
            end as reason
        from judged
        left join address_ranks on judged.message_id = address_ranks.message_id
    )

select
    message_id,
    customer_id,
    email,
    campaign,
    occasion,
    cast('default' as {{ dbt.type_string() }}) as variant,
    case
        when reason = 'due'
        then 'send'
        when reason in ('orders_not_yet_known', 'waiting')
        then 'hold'
        else 'skip'
    end as decision,
    reason,
    send_after,
    expires_at,
    {{ as_of() }} as evaluated_at
from reasoned

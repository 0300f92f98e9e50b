with
    codes as (select * from {{ ref('customer_offer_codes') }}),

    orders as (select * from {{ ref('customer_orders') }} where not is_test),

    -- As it was typed in: with blanks, in small letters, without the dashes.
    used as (
        select
            orders.order_id,
            codes.code,
            codes.offer,
            codes.campaign,
            codes.message_id,
            codes.customer_id,
            orders.customer_id as used_by_customer_id,
            codes.kind,
            codes.value,
            codes.issued_at,
            codes.expires_at,
            orders.created_at as used_at,
            orders.status,
            orders.is_paid,
            orders.currency,
            orders.discount,
            orders.total,
            case
                when orders.is_paid
                then
                    cast(
                        row_number() over (
                            partition by codes.code, orders.is_paid
                            order by orders.created_at, orders.order_id
                        ) as bigint
                    )
            end as use_number
        from orders
        inner join
            codes
            on {{ regex_replace('upper(orders.discount_code)', '[^0-9A-Z]', '') }} = codes.code_key
    )

select
    order_id,
    code,
    offer,
    campaign,
    message_id,
    customer_id,
    used_by_customer_id,
    kind,
    value,
    used_at,
    status,
    is_paid,
    currency,
    discount,
    total,
    use_number,
    case
        when not is_paid
        then 'not_paid'
        when customer_id is null or customer_id <> used_by_customer_id
        then 'by_somebody_else'
        when use_number > 1
        then 'used_again'
        when used_at > expires_at
        then 'expired'
        when used_at < issued_at
        then 'before_it_was_given'
        else 'as_meant'
    end as judgement
from used

{%- set windows = var('attribution_windows') %}

with
    messages as (select * from {{ ref('customer_messages') }} where customer_id is not null),

    email_events as (
        select * from {{ ref('email_events') }} where message_id is not null and not is_machine
    ),

    orders as (select * from {{ ref('customer_orders') }} where is_paid),

    reactions as (
        select
            messages.customer_id,
            messages.message_id,
            messages.campaign,
            email_events.event_type,
            email_events.occurred_at
        from messages
        inner join
            email_events
            on messages.message_id = email_events.message_id
            and messages.email_key = email_events.email_key
        where email_events.event_type in ('opened', 'clicked')
    ),

    -- A click is worth a look at the shop for days, an open for a day.
    touches as (
        select
            orders.order_id,
            reactions.message_id,
            reactions.campaign,
            max(reactions.occurred_at) as touched_at,
            max(case when reactions.event_type = 'clicked' then 1 else 0 end) as clicks
        from orders
        inner join
            reactions
            on orders.customer_id = reactions.customer_id
            and reactions.occurred_at <= orders.created_at
            and {{ seconds_between('reactions.occurred_at', 'orders.created_at') }} <= case
                when reactions.event_type = 'clicked'
                then {{ 86400 * windows.click_days }}
                else {{ 86400 * windows.open_days }}
            end
        group by orders.order_id, reactions.message_id, reactions.campaign
    )

select
    order_id,
    message_id,
    campaign,
    clicks = 1 as is_click,
    touched_at,
    row_number() over (partition by order_id order by touched_at, message_id) as touch_number,
    count(*) over (partition by order_id) as touches_count
from touches

with
    messages as (select * from {{ ref('customer_messages') }}),

    email_events as (select * from {{ ref('email_events') }} where message_id is not null),

    order_attributions as (
        select * from {{ ref('order_attributions') }} where message_id is not null
    ),

    sessions as (
        select message_id, count(*) as sessions_count
        from {{ ref('campaign_sessions') }}
        where message_id is not null
        group by message_id
    ),

    codes as (
        select message_id, count(*) as offered_count
        from {{ ref('customer_offer_codes') }}
        group by message_id
    ),

    redemptions as (
        select message_id, count(*) as redeemed_count
        from {{ ref('offer_redemptions') }}
        where judgement = 'as_meant'
        group by message_id
    ),

    events as (
        select
            message_id,
            email_key,
            min(case when event_type = 'delivered' then occurred_at end) as delivered_at,
            min(
                case when event_type = 'opened' and not is_machine then occurred_at end
            ) as first_human_open_at,
            min(
                case when event_type = 'clicked' and not is_machine then occurred_at end
            ) as first_human_click_at,
            sum(
                case when event_type = 'clicked' and not is_machine then 1 else 0 end
            ) as human_clicks_count,
            sum(case when is_machine then 1 else 0 end) as machine_events_count,
            min(case when event_type = 'bounced' then occurred_at end) as bounced_at,
            min(case when event_type = 'bounced' then bounce_type end) as bounce_type,
            min(case when event_type = 'complained' then occurred_at end) as complained_at,
            min(case when event_type = 'unsubscribed' then occurred_at end) as unsubscribed_at
        from email_events
        where occurred_at <= {{ as_of() }}
        group by message_id, email_key
    ),

    orders as (
        select
            message_id,
            {% for model in attribution_models() %}
                sum(
                    case when attribution_model = '{{ model }}' then share else 0 end
                ) as orders_{{ model }},
                sum(
                    case when attribution_model = '{{ model }}' then revenue_base else 0 end
                ) as revenue_{{ model }}{{ ',' if not loop.last }}
            {% endfor %}
        from order_attributions
        group by message_id
    )

select
    messages.message_id,
    messages.customer_id,
    messages.campaign,
    messages.occasion,
    messages.variant,
    messages.template,
    messages.sent_at,
    events.delivered_at,
    events.first_human_open_at,
    events.first_human_click_at,
    cast(coalesce(events.human_clicks_count, 0) as bigint) as human_clicks_count,
    cast(coalesce(events.machine_events_count, 0) as bigint) as machine_events_count,
    events.bounced_at,
    events.bounce_type,
    events.complained_at,
    events.unsubscribed_at,
    cast(coalesce(sessions.sessions_count, 0) as bigint) as sessions_count,
    cast(coalesce(codes.offered_count, 0) as bigint) as offered_count,
    cast(coalesce(redemptions.redeemed_count, 0) as bigint) as redeemed_count,
    {% for model in attribution_models() %}
        coalesce(orders.orders_{{ model }}, 0) as orders_{{ model }},
        cast(coalesce(orders.revenue_{{ model }}, 0) as decimal(18, 2)) as revenue_{{ model }}
        {{- ',' if not loop.last }}
    {% endfor %}
from messages
left join
    events on messages.message_id = events.message_id and messages.email_key = events.email_key
left join sessions on messages.message_id = sessions.message_id
left join codes on messages.message_id = codes.message_id
left join redemptions on messages.message_id = redemptions.message_id
left join orders on messages.message_id = orders.message_id

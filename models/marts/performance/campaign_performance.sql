with
    message_facts as (select * from {{ ref('message_facts') }}),

    letter_cuts as (select * from {{ ref('letter_cuts') }}),

    counted as (
        select
            message_facts.campaign,
            coalesce(message_facts.variant, 'default') as variant,
            letter_cuts.cut,
            letter_cuts.cut_value,
            count(*) as sent_count,
            count(message_facts.delivered_at) as delivered_count,
            count(message_facts.first_human_open_at) as opened_count,
            count(message_facts.first_human_click_at) as clicked_count,
            count(message_facts.bounced_at) as bounced_count,
            count(message_facts.complained_at) as complained_count,
            count(message_facts.unsubscribed_at) as unsubscribed_count,
            cast(sum(message_facts.sessions_count) as bigint) as sessions_count,
            cast(sum(message_facts.offered_count) as bigint) as offered_count,
            cast(sum(message_facts.redeemed_count) as bigint) as redeemed_count,
            {% for model in attribution_models() %}
                sum(message_facts.orders_{{ model }}) as orders_{{ model }},
                cast(
                    sum(message_facts.revenue_{{ model }}) as decimal(18, 2)
                ) as revenue_{{ model }}{{ ',' if not loop.last }}
            {% endfor %}
        from message_facts
        inner join letter_cuts on message_facts.message_id = letter_cuts.message_id
        group by
            message_facts.campaign,
            coalesce(message_facts.variant, 'default'),
            letter_cuts.cut,
            letter_cuts.cut_value
    )

select
    campaign,
    variant,
    cut,
    cut_value,
    sent_count,
    delivered_count,
    opened_count,
    clicked_count,
    bounced_count,
    complained_count,
    unsubscribed_count,
    sessions_count,
    offered_count,
    redeemed_count,
    {% for rate, of in performance_rates().items() %}
        cast({{ rate }}_count as double) / nullif({{ of }}_count, 0) as {{ rate }}_rate,
        {{ wilson_low(rate ~ '_count', of ~ '_count') }} as {{ rate }}_rate_low,
        {{ wilson_high(rate ~ '_count', of ~ '_count') }} as {{ rate }}_rate_high,
    {% endfor %}
    {% for model in attribution_models() %}
        orders_{{ model }}, revenue_{{ model }}{{ ',' if not loop.last }}
    {% endfor %}
from counted

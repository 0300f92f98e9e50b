{#- What speaks for interests of customers by a clock: the rows of `customer_interest_evidence`. -#}
{% macro evidence_of_interests(purchases, web_events, clock) -%}
with
    customer_products as (select * from {{ purchases }}),

    events as (select * from {{ web_events }}),

    letter_clicks as (select * from {{ ref('customer_letter_clicks') }}),

    products as (select * from {{ ref('stg_shop__products') }}),

    stated as (
        select *
        from {{ ref('customer_stated_interests') }}
        where coalesce(last_stated_at, {{ long_ago() }}) <= {{ clock }}
    ),

    weights as (select * from {{ ref('interest_weights') }}),

    evidence as (
        select
            customer_products.customer_id,
            products.category,
            'purchase' as source,
            sum(customer_products.orders_count) as times,
            max(customer_products.last_bought_at) as last_at
        from customer_products
        inner join products on customer_products.product_id = products.product_id
        where
            products.category is not null
            and {{ in_last_days('customer_products.last_bought_at', 365, clock) }} = 1
        group by customer_products.customer_id, products.category

        union all

        select
            events.customer_id,
            coalesce(products.category, events.category) as category,
            'view' as source,
            count(*) as times,
            max(events.event_at) as last_at
        from events
        left join products on events.product_id = products.product_id
        where
            events.event_name = 'Product Viewed'
            and {{ in_last_days('events.event_at', 30, clock) }} = 1
            and coalesce(products.category, events.category) is not null
        group by events.customer_id, coalesce(products.category, events.category)

        union all

        -- Once a letter, however often its links are followed.
        select
            letter_clicks.customer_id,
            products.category,
            'click' as source,
            count(distinct letter_clicks.message_id) as times,
            max(letter_clicks.clicked_at) as last_at
        from letter_clicks
        inner join products on letter_clicks.product_id = products.product_id
        where
            products.category is not null
            and {{ in_last_days('letter_clicks.clicked_at', 90, clock) }} = 1
        group by letter_clicks.customer_id, products.category

        union all

        select customer_id, category, source, 1 as times, last_stated_at as last_at
        from stated
    )

select
    evidence.customer_id,
    evidence.category,
    evidence.source,
    cast(evidence.times as bigint) as times,
    cast(evidence.times * weights.points as bigint) as points,
    evidence.last_at
from evidence
inner join weights on evidence.source = weights.evidence
{%- endmacro %}

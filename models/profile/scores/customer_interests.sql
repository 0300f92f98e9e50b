with
    customer_products as (select * from {{ ref('customer_products') }}),

    events as (select * from {{ ref('customer_web_events') }}),

    products as (select * from {{ ref('stg_shop__products') }}),

    surveys as (select * from {{ ref('stg_crm__surveys') }}),

    enrichment as (select * from {{ ref('stg_crm__enrichment') }}),

    identifiers as (select * from {{ ref('customer_identifiers') }}),

    weights as (select * from {{ ref('interest_weights') }}),

    interest_categories as (select * from {{ ref('interest_categories') }}),

    categories as (
        select lower(category) as word, min(category) as category
        from products
        where category is not null
        group by lower(category)
    ),

    answers as (
        select email_key, 'survey' as evidence, {{ split_rows('answer', ';') }} as part
        from surveys
        where lower(question) like '%interest%' or lower(question) like '%categor%'

        union all

        select email_key, 'enrichment' as evidence, {{ split_rows('attribute_value', ';') }} as part
        from enrichment
        where lower(attribute) like '%interest%' or lower(attribute) like '%categor%'
    ),

    stated as (
        select distinct identifiers.customer_id, categories.category, answers.evidence
        from answers
        inner join
            identifiers
            on answers.email_key = identifiers.identifier_value
            and identifiers.identifier_type = 'email'
        left join interest_categories on lower(trim(answers.part)) = interest_categories.interest
        inner join
            categories
            on lower(coalesce(interest_categories.category, trim(answers.part))) = categories.word
        where identifiers.customer_id is not null
    ),

    evidence as (
        select
            customer_products.customer_id,
            products.category,
            'purchase' as evidence,
            sum(customer_products.orders_count) as times
        from customer_products
        inner join products on customer_products.product_id = products.product_id
        where
            products.category is not null
            and {{ in_last_days('customer_products.last_bought_at', 365) }} = 1
        group by customer_products.customer_id, products.category

        union all

        select
            events.customer_id,
            coalesce(products.category, events.category) as category,
            'view' as evidence,
            count(*) as times
        from events
        left join products on events.product_id = products.product_id
        where
            events.event_name = 'Product Viewed'
            and {{ in_last_days('events.event_at', 30) }} = 1
            and coalesce(products.category, events.category) is not null
        group by events.customer_id, coalesce(products.category, events.category)

        union all

        select customer_id, category, evidence, 1 as times
        from stated
    ),

    scored as (
        select
            evidence.customer_id,
            evidence.category,
            cast(sum(evidence.times * weights.points) as bigint) as points
        from evidence
        inner join weights on evidence.evidence = weights.evidence
        group by evidence.customer_id, evidence.category
    ),

    ranked as (
        select
            customer_id,
            category,
            points,
            row_number() over (
                partition by customer_id order by points desc, category
            ) as interest_rank
        from scored
    )

select customer_id, interest_rank, category, points
from ranked
where interest_rank <= 3

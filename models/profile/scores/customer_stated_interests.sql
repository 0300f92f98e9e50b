with
    surveys as (select * from {{ ref('stg_crm__surveys') }}),

    enrichment as (select * from {{ ref('stg_crm__enrichment') }}),

    identifiers as (
        select * from {{ ref('customer_identifiers') }} where identifier_type = 'email'
    ),

    interest_categories as (select * from {{ ref('interest_categories') }}),

    categories as (select * from {{ ref('categories') }}),

    shop_categories as (
        select {{ text_key('category') }} as category_key, min(category) as category
        from {{ ref('stg_shop__products') }}
        where category is not null
        group by {{ text_key('category') }}
    ),

    parts as (
        select
            email_key,
            'survey' as source,
            submitted_at as stated_at,
            {{ split_rows('answer', ';') }} as part
        from surveys
        where lower(question) like '%interest%' or lower(question) like '%categor%'

        union all

        select
            email_key,
            'enrichment' as source,
            observed_at as stated_at,
            {{ split_rows('attribute_value', ';') }} as part
        from enrichment
        where lower(attribute) like '%interest%' or lower(attribute) like '%categor%'
    ),

    words as (select email_key, source, stated_at, {{ text_key('part') }} as word from parts),

    -- An interest, a way to write a category, or the shop's own category; else it says nothing.
    understood as (
        select words.*, coalesce(interest_categories.category, categories.category) as category
        from words
        left join interest_categories on words.word = interest_categories.interest
        left join categories on words.word = categories.alias
    ),

    spelt as (
        select
            understood.email_key,
            understood.source,
            understood.stated_at,
            coalesce(shop_categories.category, understood.category) as category
        from understood
        left join
            shop_categories
            on coalesce(understood.category, understood.word) = shop_categories.category_key
    )

select identifiers.customer_id, spelt.category, spelt.source, max(spelt.stated_at) as last_stated_at
from spelt
inner join identifiers on spelt.email_key = identifiers.identifier_value
where identifiers.customer_id is not null and spelt.category is not null
group by identifiers.customer_id, spelt.category, spelt.source

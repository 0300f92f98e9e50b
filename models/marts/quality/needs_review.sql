with
    customers as (select * from {{ ref('customer_quality') }} where needs_review),

    reasons as (select * from {{ ref('review_reasons') }} where is_on),

    records as (select * from {{ ref('identity_review') }}),

    statements as (select * from {{ ref('consent_review') }}),

    words as (select * from {{ ref('unknown_event_words') }} where is_doubt),

    orders as (select * from {{ ref('stg_shop__orders') }} where status = 'unknown'),

    listed as (
        select
            'customer' as subject,
            customers.customer_id as subject_key,
            reasons.reason,
            reasons.description as says,
            'marts.customers, scripts/explain.py customer' as look_at
        from customers
        inner join
            reasons on ';' || customers.review_reasons || ';' like '%;' || reasons.reason || ';%'

        union all

        select
            'records' as subject,
            record_key_a || ' ' || record_key_b as subject_key,
            why as reason,
            'Are they one person? Say so in seeds/rules/identity_overrides.csv.' as says,
            'identity.identity_review, scripts/explain.py identity' as look_at
        from records

        union all

        select
            'statement' as subject,
            source_table || ':' || coalesce(source_key, '') as subject_key,
            review_reason as reason,
            'It keeps letters back until the source says what was meant.' as says,
            'marts.consent_review' as look_at
        from statements

        union all

        select
            'word' as subject,
            said as subject_key,
            'unknown_event_word' as reason,
            'Add it to seeds/rules/refusal_words.csv: until then it ends a consent.' as says,
            'activity.unknown_event_words' as look_at
        from words

        union all

        select
            'order' as subject,
            order_id as subject_key,
            'unknown_status' as reason,
            'Add the word for its status to seeds/rules/order_statuses.csv.' as says,
            'marts.customer_orders' as look_at
        from orders
    )

select subject, subject_key, reason, min(says) as says, min(look_at) as look_at
from listed
group by subject, subject_key, reason

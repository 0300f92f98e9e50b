with
    customers as (select customer_id from {{ ref('identity_customers') }}),

    choices as (select * from {{ ref('customer_attribute_choices') }}),

    emails as (select customer_id from {{ ref('customer_emails') }} where is_primary),

    orders as (select customer_id from {{ ref('customer_orders') }} group by customer_id),

    review as (select * from {{ ref('identity_review') }} where why = 'near_threshold'),

    identity_map as (select * from {{ ref('identity_map') }}),

    rules as (select * from {{ ref('attribute_rules') }}),

    reasons as (select * from {{ ref('review_reasons') }} where is_on),

    known as (
        select customer_id, attribute_group
        from choices
        where place = 1 and not is_partial
        union all
        select customer_id, 'email' as attribute_group
        from emails
    ),

    completeness as (
        select known.customer_id, sum(rules.completeness_points) as points
        from known
        inner join rules on known.attribute_group = rules.attribute_group
        group by known.customer_id
    ),

    contradicting as (
        select choices.customer_id
        from choices
        inner join rules on choices.attribute_group = rules.attribute_group and rules.must_agree
        group by choices.customer_id, choices.attribute_group
        having min(choices.said) <> max(choices.said)
    ),

    duplicates as (
        select one.customer_id, two.customer_id as other_customer_id
        from review
        inner join identity_map as one on review.record_key_a = one.record_key
        inner join identity_map as two on review.record_key_b = two.record_key
        where one.customer_id <> two.customer_id
    ),

    found as (
        select customers.customer_id, 'no_email' as reason
        from customers
        left join emails on customers.customer_id = emails.customer_id
        where emails.customer_id is null

        union

        select customers.customer_id, 'no_purchases' as reason
        from customers
        left join orders on customers.customer_id = orders.customer_id
        where orders.customer_id is null

        union

        select customer_id, 'contradicting_sources' as reason
        from contradicting

        union

        select customer_id, 'possible_duplicate' as reason
        from duplicates

        union

        select other_customer_id as customer_id, 'possible_duplicate' as reason
        from duplicates
    ),

    wanting as (
        select
            found.customer_id,
            {{ string_agg_ordered('found.reason', ';', 'found.reason') }} as review_reasons
        from found
        inner join reasons on found.reason = reasons.reason
        group by found.customer_id
    )

select
    customers.customer_id,
    cast(coalesce(completeness.points, 0) as integer) as completeness_score,
    wanting.customer_id is not null as needs_review,
    wanting.review_reasons
from customers
left join completeness on customers.customer_id = completeness.customer_id
left join wanting on customers.customer_id = wanting.customer_id

-- Longer than a page, since it lists the whole contract.
with
    features as (select * from {{ ref('customer_features') }}),

    scores as (select * from {{ ref('customer_scores') }}),

    quality as (select * from {{ ref('customer_quality') }}),

    households as (select * from {{ ref('customer_households') }}),

    identity_customers as (select * from {{ ref('identity_customers') }}),

    primary_emails as (select * from {{ ref('customer_emails') }} where is_primary),

    consents as (select * from {{ ref('customer_consents') }}),

    customer_carts as (select * from {{ ref('customer_carts') }}),

    age_groups as (select * from {{ ref('age_groups') }}),

    people as (
        select
            customer_id,
            {%- for attribute in [
            'first_name', 'last_name', 'phone', 'gender', 'city', 'region', 'country', 'language'
        ] %}
                max(case when attribute = '{{ attribute }}' then value end) as {{ attribute }},
            {%- endfor %}
            cast(max(case when attribute = 'birth_date' then value end) as date) as birth_date,
            coalesce(max(case when attribute = 'timezone' then value end), 'UTC') as timezone,
            coalesce(
                max(case when attribute = 'is_urban_place' then value end),
                max(case when attribute = 'is_urban' then value end)
            )
            = 'true' as is_urban
        from {{ ref('customer_attributes') }}
        group by customer_id
    ),

    -- One conversion a time zone, not one a customer.
    local_days as (
        select timezone, cast({{ to_local(as_of(), 'timezone') }} as date) as local_today
        from (select distinct timezone from people) as timezones
    ),

    ages as (
        select
            people.customer_id, {{ age_on('people.birth_date', 'local_days.local_today') }} as age
        from people
        inner join local_days on people.timezone = local_days.timezone
        where people.birth_date is not null
    ),

    -- The open cart that was touched last.
    open_carts as (
        select
            customer_id,
            last_activity_at,
            cart_value,
            currency,
            row_number() over (
                partition by customer_id order by last_activity_at desc, cart_key
            ) as recency
        from customer_carts
        where status = 'open'
    )

select
    features.customer_id,
    people.first_name,
    people.last_name,
    primary_emails.email as primary_email,
    primary_emails.email_key as primary_email_key,
    case
        when primary_emails.email is null
        then 'none'
        when consents.suppression_reason = 'complaint'
        then 'complained'
        when consents.suppression_reason in ('hard_bounce', 'soft_bounces')
        then 'bounced'
        when consents.suppression_reason = 'unsubscribe'
        then 'unsubscribed'
        else 'valid'
    end as email_status,
    people.phone,
    people.gender,
    people.birth_date,
    ages.age,
    age_groups.age_group,
    people.city,
    people.region,
    people.country,
    coalesce(people.timezone, 'UTC') as timezone,
    people.is_urban,
    people.language,
    case
        when features.first_event_at < identity_customers.first_seen_at
        then features.first_event_at
        else identity_customers.first_seen_at
    end as first_seen_at,
    greatest(
        identity_customers.first_seen_at,
        coalesce(features.last_event_at, identity_customers.first_seen_at),
        coalesce(features.last_order_at, identity_customers.first_seen_at),
        coalesce(features.last_open_at, identity_customers.first_seen_at),
        coalesce(features.last_click_at, identity_customers.first_seen_at)
    ) as last_seen_at,
    primary_emails.email is not null
    and coalesce(consents.marketing_status = 'granted', false)
    and consents.suppression_reason is null as can_email,
    primary_emails.email is not null
    and coalesce(consents.personalization_status = 'granted', false) as can_personalize,
    features.orders_count,
    features.orders_30d,
    features.orders_60d,
    features.orders_180d,
    features.first_order_at,
    features.last_order_at,
    cast(features.lifetime_revenue as decimal(18, 2)) as lifetime_revenue,
    features.average_order_value,
    features.purchase_frequency,
    features.purchased_categories,
    features.purchased_tags,
    features.sessions_7d,
    features.sessions_30d,
    features.viewed_categories_7d,
    features.viewed_categories_30d,
    features.last_product_viewed_at,
    open_carts.customer_id is not null as has_open_cart,
    open_carts.last_activity_at as cart_last_activity_at,
    open_carts.cart_value,
    open_carts.currency as cart_currency,
    features.emails_delivered_90d,
    features.open_rate,
    features.click_rate,
    features.last_open_at,
    features.last_click_at,
    scores.engagement_score,
    features.interests,
    features.recency_days,
    features.orders_count as frequency,
    cast(features.lifetime_revenue as decimal(18, 2)) as monetary,
    scores.recency_score,
    scores.frequency_score,
    scores.monetary_score,
    scores.rfm_score,
    scores.lifecycle_stage,
    scores.loyalty_tier,
    households.household_id,
    quality.completeness_score,
    quality.needs_review,
    quality.review_reasons
from features
inner join identity_customers on features.customer_id = identity_customers.customer_id
inner join quality on features.customer_id = quality.customer_id
inner join scores on features.customer_id = scores.customer_id
left join households on features.customer_id = households.customer_id
left join people on features.customer_id = people.customer_id
left join ages on features.customer_id = ages.customer_id
left join age_groups on ages.age between age_groups.from_age and age_groups.to_age
left join primary_emails on features.customer_id = primary_emails.customer_id
left join consents on features.customer_id = consents.customer_id
left join open_carts on features.customer_id = open_carts.customer_id and open_carts.recency = 1

-- A mart that stands here, since the profile is made of it too.
{{ config(schema='marts') }}

with
    candidates as (select * from {{ ref('customer_attribute_candidates') }}),

    choices as (select * from {{ ref('customer_attribute_choices') }} where place = 1),

    customer_emails as (select * from {{ ref('customer_emails') }}),

    countries as (select * from {{ ref('countries') }}),

    urban_places as (select * from {{ ref('urban_places') }}),

    survivors as (
        select
            candidates.customer_id,
            candidates.attribute,
            candidates.attribute_value,
            candidates.source,
            candidates.observed_at,
            candidates.record_key
        from candidates
        inner join
            choices
            on candidates.customer_id = choices.customer_id
            and candidates.attribute_group = choices.attribute_group
            and candidates.record_key = choices.record_key

        union all

        select
            customer_id,
            'email' as attribute,
            email as attribute_value,
            source,
            observed_at,
            record_key
        from customer_emails
        where is_primary
    ),

    places as (
        select
            customer_id,
            max(case when attribute = 'timezone' then attribute_value end) as timezone,
            max(case when attribute = 'city' then attribute_value end) as city,
            max(case when attribute = 'country' then attribute_value end) as country,
            max(case when attribute = 'country' then observed_at end) as observed_at,
            max(case when attribute = 'country' then record_key end) as record_key
        from survivors
        where attribute in ('timezone', 'city', 'country')
        group by customer_id
    ),

    -- Not said by anybody, but following from the place.
    derived as (
        select
            places.customer_id,
            'timezone' as attribute,
            countries.timezone as attribute_value,
            'rules.countries' as source,
            places.observed_at,
            places.record_key
        from places
        inner join countries on places.country = countries.country
        where places.timezone is null and countries.timezone is not null

        union all

        select
            places.customer_id,
            'is_urban_place' as attribute,
            cast(urban_places.is_urban as {{ dbt.type_string() }}) as attribute_value,
            'rules.urban_places' as source,
            places.observed_at,
            places.record_key
        from places
        inner join
            urban_places
            on places.country = urban_places.country
            and {{ unaccent('places.city') }} = urban_places.city_key
    ),

    final as (
        select *
        from survivors
        union all
        select *
        from derived
    )

select customer_id, attribute, attribute_value as value, source, observed_at, record_key
from final

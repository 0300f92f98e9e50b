with
    candidates as (select * from {{ ref('customer_attribute_candidates') }}),

    trust as (select * from {{ ref('attribute_trust') }}),

    customer_emails as (select * from {{ ref('customer_emails') }}),

    countries as (select * from {{ ref('countries') }}),

    urban_places as (select * from {{ ref('urban_places') }}),

    -- A known attribute is taken from the sources listed for it only; any other keeps its own name.
    known_attributes as (select distinct attribute_group from trust),

    trusted as (
        select candidates.*, coalesce(trust.trust, 9) as trust
        from candidates
        left join
            trust
            on candidates.attribute_group = trust.attribute_group
            and candidates.source = trust.source
        left join known_attributes on candidates.attribute_group = known_attributes.attribute_group
        where trust.trust is not null or known_attributes.attribute_group is null
    ),

    -- The winning record gives its whole group, so that an address is never pieced together.
    with_winners as (
        select
            *,
            first_value(record_key) over (
                partition by customer_id, attribute_group
                order by is_partial, trust, observed_at desc nulls last, record_key
                rows between unbounded preceding and current row
            ) as winning_record_key
        from trusted
    ),

    survivors as (
        select customer_id, attribute, attribute_value, source, observed_at, record_key
        from with_winners
        where record_key = winning_record_key

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

{%- set limits = var('household_limits') %}

with
    choices as (select * from {{ ref('customer_attribute_choices') }} where place = 1),

    attributes as (select * from {{ ref('customer_attributes') }}),

    -- An account's parcel to somebody else names no home of the account's holder.
    records as (select * from {{ ref('identity_records') }} where names_its_person),

    people as (
        select
            customer_id,
            max(case when attribute = 'last_name' then value end) as last_name,
            max(case when attribute = 'last_name' then record_key end) as name_record_key,
            max(case when attribute = 'country' then value end) as country
        from attributes
        where attribute in ('last_name', 'country')
        group by customer_id
    ),

    -- The address that survived, in its comparison form; one without a number is no door.
    doors as (
        select
            choices.customer_id,
            records.street_key,
            coalesce(records.postal_code_key, records.city_key) as place_key,
            coalesce(records.country, people.country, '') as country,
            coalesce(names.last_name_key, {{ text_key('people.last_name') }}) as last_name_key
        from choices
        inner join people on choices.customer_id = people.customer_id
        inner join records on choices.record_key = records.record_key
        left join records as names on people.name_record_key = names.record_key
        where
            choices.attribute_group = 'address'
            and not choices.is_partial
            and {{ house_number('records.street_key') }} is not null
            and coalesce(records.postal_code_key, records.city_key) is not null
    ),

    counted as (
        select
            *,
            count(*) over (partition by country, place_key, street_key) as people_count,
            count(*) over (
                partition by country, place_key, street_key, last_name_key
            ) as members_count
        from doors
        where last_name_key is not null
    )

select
    customer_id,
    {{ hash_uuid(
        "'household|' || country || '|' || place_key || '|' || street_key || '|' || last_name_key"
    ) }} as household_id
from counted
where people_count <= {{ limits.people }} and members_count <= {{ limits.members }}

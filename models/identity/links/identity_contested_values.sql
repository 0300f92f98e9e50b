with holders as (select * from {{ ref('identity_value_holders') }}),

names as (select * from {{ ref('identity_entity_names') }}),

adopted_names as (select * from {{ ref('identity_adopted_names') }}),

-- Who adopted a name goes by the whole of it; a birth date and a gender of his own stay.
known as (
    select
        names.entity,
        bearers.first_name,
        bearers.further_names,
        bearers.turned_name,
        bearers.name_suffix,
        coalesce(names.birth_date, bearers.birth_date) as birth_date,
        coalesce(names.gender, bearers.gender) as gender,
        bearers.entity <> names.entity as is_adopted,
        names.first_seen_at
    from names
    left join adopted_names on names.entity = adopted_names.entity
    inner join names as bearers
        on coalesce(adopted_names.adopted_from, names.entity) = bearers.entity
    where bearers.first_name is not null
),

-- Only where given names or birth dates differ is there anything to contend for.
spread as (
    select holders.value_id
    from holders
    inner join known on holders.entity = known.entity
    group by holders.value_id
    having
        min(known.first_name) <> max(known.first_name)
        or min(known.further_names) <> max(known.further_names)
        or min(known.name_suffix) <> max(known.name_suffix)
        or min(known.birth_date) <> max(known.birth_date)
)

select
    holders.value_id,
    known.entity,
    known.first_name,
    known.further_names,
    known.turned_name,
    known.name_suffix,
    known.birth_date,
    known.gender,
    known.is_adopted,
    known.first_seen_at,
    known.first_name
    || coalesce(' ' || known.further_names, '')
    || coalesce(' ' || known.name_suffix, '')
    || coalesce('|' || cast(known.birth_date as {{ dbt.type_string() }}), '') as person_label
from holders
inner join spread on holders.value_id = spread.value_id
inner join known on holders.entity = known.entity

{{ config(materialized='whole') }}

with holders as {{ inline_cte() }} (select * from {{ ref('identity_holders') }}),

names as (select * from {{ ref('identity_names') }}),

adopted_names as (select * from {{ ref('identity_adopted_names') }}),

known as (
    select
        names.entity,
        coalesce(names.first_name, adopted_names.first_name) as first_name,
        case
            when names.first_name is null then adopted_names.further_names else names.further_names
        end as further_names,
        case
            when names.first_name is null then adopted_names.turned_name else names.turned_name
        end as turned_name,
        case
            when names.first_name is null then adopted_names.name_suffix else names.name_suffix
        end as name_suffix,
        coalesce(names.birth_date, adopted_names.birth_date) as birth_date,
        coalesce(names.gender, adopted_names.gender) as gender,
        case when names.first_name is null then 1 else 0 end as is_adopted,
        names.first_seen_at
    from names
    left join adopted_names on names.entity = adopted_names.entity
    where coalesce(names.first_name, adopted_names.first_name) is not null
),

-- Only where given names or birth dates differ is there anything to contend for.
spread as (
    select
        holders.identifier_type,
        holders.identifier_value
    from holders
    inner join known on holders.entity = known.entity
    group by holders.identifier_type, holders.identifier_value
    having
        min(known.first_name) <> max(known.first_name)
        or min(known.further_names) <> max(known.further_names)
        or min(known.name_suffix) <> max(known.name_suffix)
        or min(known.birth_date) <> max(known.birth_date)
)

select
    holders.identifier_type,
    holders.identifier_value,
    known.entity,
    known.first_name,
    known.further_names,
    known.turned_name,
    known.name_suffix,
    known.birth_date,
    known.gender,
    known.is_adopted,
    known.first_seen_at
from holders
inner join spread
    on holders.identifier_type = spread.identifier_type
    and holders.identifier_value = spread.identifier_value
inner join known on holders.entity = known.entity

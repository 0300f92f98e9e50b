{{ config(materialized='table') }}

with identifiers as (select * from {{ ref('identity_record_identifiers') }}),

entities as (select * from {{ ref('identity_entities') }}),

names as (
    select * from {{ ref('identity_names') }}
    where first_name is not null
),

limits as (
    select * from {{ ref('identifier_limits') }}
    where not is_strong
),

suppressed as (select * from {{ ref('identity_blocked_values') }}),

holders as (
    select
        identifiers.identifier_type,
        identifiers.identifier_value,
        names.entity,
        names.first_name,
        names.last_name,
        names.birth_date,
        names.first_seen_at,
        names.first_record_key
    from identifiers
    inner join limits on identifiers.identifier_type = limits.identifier_type
    inner join entities on identifiers.record_key = entities.node
    inner join names on entities.component = names.entity
    left join suppressed
        on identifiers.identifier_type = suppressed.identifier_type
        and identifiers.identifier_value = suppressed.identifier_value
    where suppressed.identifier_value is null
    group by
        identifiers.identifier_type,
        identifiers.identifier_value,
        names.entity,
        names.first_name,
        names.last_name,
        names.birth_date,
        names.first_seen_at,
        names.first_record_key
),

spread as (
    select
        identifier_type,
        identifier_value
    from holders
    group by identifier_type, identifier_value
    having count(distinct first_name) > 1 or count(distinct birth_date) > 1
),

contested as (
    select holders.*
    from holders
    inner join spread
        on holders.identifier_type = spread.identifier_type
        and holders.identifier_value = spread.identifier_value
),

-- Every holder joins the group of the first holder (in order of name) whom it does not contradict.
pairs as (
    select
        one.identifier_type,
        one.identifier_value,
        one.entity,
        other.first_name || coalesce('|' || cast(other.birth_date as {{ dbt.type_string() }}), '')
            as other_group
    from contested as one
    inner join contested as other
        on one.identifier_type = other.identifier_type
        and one.identifier_value = other.identifier_value
    where
        {{ same_given_name('one', 'other') }}
        and not {{ different_birth_dates('one.birth_date', 'other.birth_date') }}
),

grouped as (
    select
        identifier_type,
        identifier_value,
        entity,
        min(other_group) as group_key
    from pairs
    group by identifier_type, identifier_value, entity
),

shared as (
    select
        identifier_type,
        identifier_value
    from grouped
    group by identifier_type, identifier_value
    having count(distinct group_key) > 1
),

ranked as (
    select
        grouped.identifier_type,
        grouped.identifier_value,
        grouped.entity,
        grouped.group_key,
        row_number() over (
            partition by grouped.identifier_type, grouped.identifier_value
            order by contested.first_seen_at, contested.first_record_key
        ) as seniority
    from grouped
    inner join shared
        on grouped.identifier_type = shared.identifier_type
        and grouped.identifier_value = shared.identifier_value
    inner join contested
        on grouped.identifier_type = contested.identifier_type
        and grouped.identifier_value = contested.identifier_value
        and grouped.entity = contested.entity
)

select
    identifier_type,
    identifier_value,
    entity,
    group_key,
    first_value(group_key) over (
        partition by identifier_type, identifier_value
        order by seniority
    ) as owner_group,
    seniority = 1 as is_owner
from ranked

{{ config(materialized='whole') }}

with names as (
    select * from {{ ref('identity_names') }}
    where first_name is not null
),

components as (select * from {{ ref('identity_components') }}),

members as (
    select
        components.component,
        names.entity,
        names.first_name,
        names.further_names,
        names.turned_name,
        names.name_suffix,
        names.birth_date,
        names.gender
    from names
    inner join components on names.entity = components.node
),

spread as (
    select component
    from members
    group by component
    having
        min(first_name) <> max(first_name)
        or min(further_names) <> max(further_names)
        or min(name_suffix) <> max(name_suffix)
        or min(birth_date) <> max(birth_date)
),

suspects as (
    select
        members.*,
        members.first_name || '|' || coalesce(members.further_names, '') || '|'
        || coalesce(members.turned_name, '') || '|' || coalesce(members.name_suffix, '') || '|'
        || coalesce(members.gender, '') || '|'
        || coalesce(cast(members.birth_date as {{ dbt.type_string() }}), '') as person_label
    from members
    inner join spread on members.component = spread.component
),

-- Entities of one name are compared once, however many they are.
people as (
    select distinct
        component,
        person_label,
        first_name,
        further_names,
        turned_name,
        name_suffix,
        birth_date,
        gender
    from suspects
),

contradictions as (
    select
        one.component,
        one.person_label as label_a,
        other.person_label as label_b,
        case
            when not {{ same_given_name('one', 'other') }} then 'different_given_names'
            when {{ different_suffixes('one', 'other') }} then 'different_name_suffixes'
            else 'different_birth_dates'
        end as reason
    from people as one
    inner join people as other
        on one.component = other.component and one.person_label < other.person_label
    where {{ contradict('one', 'other') }}
)

select
    least(one.entity, other.entity) as entity_a,
    greatest(one.entity, other.entity) as entity_b,
    contradictions.component,
    contradictions.reason
from contradictions
inner join suspects as one
    on contradictions.component = one.component and contradictions.label_a = one.person_label
inner join suspects as other
    on contradictions.component = other.component and contradictions.label_b = other.person_label

with
    names as (select * from {{ ref('identity_entity_names') }} where first_name is not null),

    components as (select * from {{ ref('identity_link_components') }}),

    members as (
        select
            components.component,
            names.*,
            names.first_name
            || '|'
            || coalesce(names.further_names, '')
            || '|'
            || coalesce(names.turned_name, '')
            || '|'
            || coalesce(names.name_suffix, '')
            || '|'
            || coalesce(names.gender, '')
            || '|'
            || coalesce(cast(names.birth_date as {{ dbt.type_string() }}), '') as person_label
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
        select members.* from members inner join spread on members.component = spread.component
    ),

    -- Entities of one name are compared once, however many they are.
    people as (
        select
            component,
            person_label,
            first_name,
            further_names,
            turned_name,
            name_suffix,
            birth_date,
            gender
        from suspects
        group by
            component,
            person_label,
            first_name,
            further_names,
            turned_name,
            name_suffix,
            birth_date,
            gender
    ),

    contradictions as (
        select
            one.component,
            one.person_label as label_a,
            other.person_label as label_b,
            {{ why_apart('one', 'other') }} as reason
        from people as one
        inner join
            people as other
            on one.component = other.component
            and one.person_label < other.person_label
        where {{ contradict('one', 'other') }}
    )

select
    least(one.entity, other.entity) as entity_a,
    greatest(one.entity, other.entity) as entity_b,
    contradictions.component,
    contradictions.reason
from contradictions
inner join
    suspects as one
    on contradictions.component = one.component
    and contradictions.label_a = one.person_label
inner join
    suspects as other
    on contradictions.component = other.component
    and contradictions.label_b = other.person_label

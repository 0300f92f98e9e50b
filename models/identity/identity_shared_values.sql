{{ config(materialized='whole') }}

{%- set vagueness -%}
    case when length(first_name) = 1 then 1 else 0 end
    + case when further_names is null then 1 else 0 end
    + case when name_suffix is null then 1 else 0 end
    + case when birth_date is null then 1 else 0 end
{%- endset %}
{%- set label -%}
    first_name || coalesce(' ' || further_names, '') || coalesce(' ' || name_suffix, '')
    || coalesce('|' || cast(birth_date as {{ dbt.type_string() }}), '')
{%- endset %}

with contested as (select * from {{ ref('identity_named_holders') }}),

-- Holders of one value with one name are compared once.
people as (
    select
        identifier_type,
        identifier_value,
        first_name,
        further_names,
        turned_name,
        name_suffix,
        birth_date,
        case when min(gender) = max(gender) then min(gender) end as gender,
        {{ label }} as person_label,
        {{ vagueness }} as vagueness
    from contested
    group by
        identifier_type,
        identifier_value,
        first_name,
        further_names,
        turned_name,
        name_suffix,
        birth_date
),

alike as (
    select
        one.identifier_type,
        one.identifier_value,
        one.person_label as label_a,
        one.vagueness as vagueness_a,
        other.person_label as label_b,
        other.vagueness as vagueness_b
    from people as one
    inner join people as other
        on one.identifier_type = other.identifier_type
        and one.identifier_value = other.identifier_value
        and one.person_label < other.person_label
    where not {{ contradict('one', 'other') }}
),

-- Both ways; and everybody is like himself.
paired as (
    select
        identifier_type,
        identifier_value,
        label_a as person_label,
        vagueness_a as vagueness,
        label_b as other_label,
        vagueness_b as other_vagueness
    from alike
    union all
    select
        identifier_type,
        identifier_value,
        label_b,
        vagueness_b,
        label_a,
        vagueness_a
    from alike
    union all
    select
        one.identifier_type,
        one.identifier_value,
        one.person_label,
        one.vagueness,
        other.person_label,
        other.vagueness
    from people as one
    inner join people as other
        on one.identifier_type = other.identifier_type
        and one.identifier_value = other.identifier_value
        and one.person_label = other.person_label
),

likenesses as (
    select
        paired.*,
        count(*) over (
            partition by paired.identifier_type, paired.identifier_value, paired.other_label
        ) as other_likenesses_count
    from paired
),

-- Whom each goes with: the clearest (full name before initial, known birth date before none), then
-- the one whom most are like, so that two misspellings of a name meet in it.
ranked_likenesses as (
    select
        identifier_type,
        identifier_value,
        person_label,
        other_label,
        row_number() over (
            partition by identifier_type, identifier_value, person_label
            order by other_vagueness, other_likenesses_count desc, other_label
        ) as likeness_rank
    from likenesses
),

leaders as (
    select
        identifier_type,
        identifier_value,
        person_label,
        other_label as leader_label
    from ranked_likenesses
    where likeness_rank = 1
),

-- An initial, or a name without a birth date, that fits two who contradict each other, is nobody's.
ambiguous as (
    select
        likenesses.identifier_type,
        likenesses.identifier_value,
        likenesses.person_label
    from likenesses
    inner join leaders
        on likenesses.identifier_type = leaders.identifier_type
        and likenesses.identifier_value = leaders.identifier_value
        and likenesses.other_label = leaders.person_label
    where likenesses.other_vagueness < likenesses.vagueness
    group by likenesses.identifier_type, likenesses.identifier_value, likenesses.person_label
    having count(distinct leaders.leader_label) > 1
),

grouped as (
    select
        contested.identifier_type,
        contested.identifier_value,
        contested.entity,
        contested.is_adopted,
        contested.first_seen_at,
        case
            when ambiguous.person_label is null then leaders.leader_label
            else leaders.person_label || '?'
        end as group_key
    from contested
    inner join leaders
        on contested.identifier_type = leaders.identifier_type
        and contested.identifier_value = leaders.identifier_value
        and {{ label }} = leaders.person_label
    left join ambiguous
        on leaders.identifier_type = ambiguous.identifier_type
        and leaders.identifier_value = ambiguous.identifier_value
        and leaders.person_label = ambiguous.person_label
),

shared as (
    select identifier_type, identifier_value
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
            order by grouped.is_adopted, grouped.first_seen_at, grouped.entity
        ) as seniority
    from grouped
    inner join shared
        on grouped.identifier_type = shared.identifier_type
        and grouped.identifier_value = shared.identifier_value
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

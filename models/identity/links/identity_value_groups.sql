with contested as (select * from {{ ref('identity_contested_values') }}),

-- Holders of one value with one name are compared once; the vaguer leave more open.
people as (
    select
        value_id,
        person_label,
        first_name,
        further_names,
        turned_name,
        name_suffix,
        birth_date,
        case when min(gender) = max(gender) then min(gender) end as gender,
        case when length(first_name) = 1 then 1 else 0 end
        + case when further_names is null then 1 else 0 end
        + case when name_suffix is null then 1 else 0 end
        + case when birth_date is null then 1 else 0 end as vagueness
    from contested
    group by
        value_id,
        person_label,
        first_name,
        further_names,
        turned_name,
        name_suffix,
        birth_date
),

-- Everybody is like himself.
likenesses as (
    select
        one.value_id,
        one.person_label,
        one.vagueness,
        other.person_label as other_label,
        other.vagueness as other_vagueness,
        count(*) over (partition by one.value_id, other.person_label) as other_likenesses_count
    from people as one
    inner join people as other on one.value_id = other.value_id
    where one.person_label = other.person_label or not {{ contradict('one', 'other') }}
),

-- Whom each goes with: the clearest (full name before initial, known birth date before none), then
-- the one whom most are like, so that two misspellings of a name meet in it.
ranked_likenesses as (
    select
        *,
        row_number() over (
            partition by value_id, person_label
            order by other_vagueness, other_likenesses_count desc, other_label
        ) as likeness_rank
    from likenesses
),

leaders as (
    select
        value_id,
        person_label,
        other_label as leader_label
    from ranked_likenesses
    where likeness_rank = 1
),

-- An initial, or a name without a birth date, that fits two who contradict each other, is nobody's.
ambiguous as (
    select
        likenesses.value_id,
        likenesses.person_label
    from likenesses
    inner join leaders
        on likenesses.value_id = leaders.value_id
        and likenesses.other_label = leaders.person_label
    where likenesses.other_vagueness < likenesses.vagueness
    group by likenesses.value_id, likenesses.person_label
    having min(leaders.leader_label) <> max(leaders.leader_label)
),

grouped as (
    select
        contested.value_id,
        contested.entity,
        case
            when ambiguous.person_label is null then leaders.leader_label
            else leaders.person_label || '?'
        end as group_key,
        row_number() over (
            partition by contested.value_id
            order by contested.is_adopted, contested.first_seen_at, contested.entity
        ) as seniority
    from contested
    inner join leaders
        on contested.value_id = leaders.value_id
        and contested.person_label = leaders.person_label
    left join ambiguous
        on leaders.value_id = ambiguous.value_id
        and leaders.person_label = ambiguous.person_label
),

divided as (
    select value_id
    from grouped
    group by value_id
    having min(group_key) <> max(group_key)
)

-- A value belongs to whom it was seen with first.
select
    grouped.value_id,
    grouped.entity,
    grouped.group_key,
    first_value(grouped.group_key) over (
        partition by grouped.value_id order by grouped.seniority
    ) as owner_group,
    grouped.seniority = 1 as is_owner
from grouped
inner join divided on grouped.value_id = divided.value_id

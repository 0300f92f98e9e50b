with
    named as (
        select holders.value_id, names.*
        from {{ ref('identity_value_holders') }} as holders
        inner join {{ ref('identity_known_names') }} as names on holders.entity = names.entity
    ),

    -- Holders of one value with one name are compared once; the vaguer leave more open.
    people as (
        select
            value_id,
            person_label,
            turned_name,
            min(first_name) as first_name,
            min(further_names) as further_names,
            min(name_suffix) as name_suffix,
            min(birth_date) as birth_date,
            case when min(gender) = max(gender) then min(gender) end as gender,
            min(
                case when length(first_name) = 1 then 1 else 0 end
                + case when further_names is null then 1 else 0 end
                + case when name_suffix is null then 1 else 0 end
                + case when birth_date is null then 1 else 0 end
            ) as vagueness
        from named
        group by value_id, person_label, turned_name
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

    -- Whom each goes with: the clearest (full name before initial, known birth date before none),
    -- then the one whom most are like, so that two misspellings of a name meet in it.
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
        select value_id, person_label, other_label as leader_label
        from ranked_likenesses
        where likeness_rank = 1
    ),

    -- An initial, or a name without a birth date, that fits two who contradict each other, is
    -- nobody's.
    ambiguous as (
        select likenesses.value_id, likenesses.person_label
        from likenesses
        inner join
            leaders
            on likenesses.value_id = leaders.value_id
            and likenesses.other_label = leaders.person_label
        where likenesses.other_vagueness < likenesses.vagueness
        group by likenesses.value_id, likenesses.person_label
        having min(leaders.leader_label) <> max(leaders.leader_label)
    ),

    grouped as (
        select
            named.value_id,
            named.entity,
            case
                when ambiguous.person_label is null
                then leaders.leader_label
                else leaders.person_label || '?'
            end as group_key,
            row_number() over (
                partition by named.value_id
                order by
                    case when named.adopted_from is null then 0 else 1 end,
                    named.first_seen_at,
                    named.entity
            ) as seniority
        from named
        inner join
            leaders
            on named.value_id = leaders.value_id
            and named.person_label = leaders.person_label
        left join
            ambiguous
            on leaders.value_id = ambiguous.value_id
            and leaders.person_label = ambiguous.person_label
    ),

    divided as (
        select value_id from grouped group by value_id having min(group_key) <> max(group_key)
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

with
    holders as (select * from {{ ref('identity_value_holders') }}),

    names as (select * from {{ ref('identity_entity_names') }}),

    entities as (select * from {{ ref('identity_entities') }}),

    usable as (select * from {{ ref('identity_usable_values') }}),

    nameless as (
        select holders.*
        from holders
        inner join names on holders.entity = names.entity
        where names.first_name is null
    ),

    wanted as (select value_id from nameless group by value_id),

    named as (
        select
            holders.value_id,
            names.*,
            row_number() over (
                partition by holders.value_id order by names.first_seen_at, names.entity
            ) as seniority
        from holders
        inner join names on holders.entity = names.entity
        inner join wanted on holders.value_id = wanted.value_id
        where names.first_name is not null
    ),

    owners as (select * from named where seniority = 1),

    -- A value that several people hold does not tell whose a nameless record is.
    contested as (
        select owner.value_id
        from owners as owner
        inner join named as other on owner.value_id = other.value_id
        where {{ contradict('owner', 'other') }}
        group by owner.value_id
    ),

    -- Whoever has a key, or an address that bears no name, may be another of a phone's household.
    with_more as (
        select nameless.entity
        from nameless
        inner join entities on nameless.entity = entities.component
        inner join usable on entities.node = usable.record_id
        left join owners on usable.value_id = owners.value_id
        where
            nameless.identifier_type = 'phone'
            and (usable.is_strong or (usable.identifier_type = 'email' and owners.value_id is null))
        group by nameless.entity
    ),

    offers as (
        select
            nameless.entity,
            owners.entity as adopted_from,
            nameless.value_id,
            row_number() over (
                partition by nameless.entity
                order by nameless.trust_rank, nameless.first_seen_at, nameless.value_id
            ) as offer_rank
        from nameless
        inner join owners on nameless.value_id = owners.value_id
        left join contested on nameless.value_id = contested.value_id
        left join with_more on nameless.entity = with_more.entity
        where
            contested.value_id is null
            and (nameless.identifier_type <> 'phone' or with_more.entity is null)
    ),

    adopted as (select * from offers where offer_rank = 1)

-- Who adopted a name goes by the whole of it; a birth date and a gender of his own stay.
select
    names.entity,
    adopted.adopted_from,
    adopted.value_id as adopted_through_value_id,
    bearers.first_name,
    bearers.further_names,
    bearers.turned_name,
    bearers.name_suffix,
    coalesce(names.birth_date, bearers.birth_date) as birth_date,
    coalesce(names.gender, bearers.gender) as gender,
    bearers.first_name
    || coalesce(' ' || bearers.further_names, '')
    || coalesce(' ' || bearers.name_suffix, '')
    || coalesce(
        '|' || cast(coalesce(names.birth_date, bearers.birth_date) as {{ dbt.type_string() }}), ''
    ) as person_label,
    names.first_seen_at
from names
left join adopted on names.entity = adopted.entity
inner join names as bearers on coalesce(adopted.adopted_from, names.entity) = bearers.entity
where bearers.first_name is not null

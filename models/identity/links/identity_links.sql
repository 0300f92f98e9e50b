with
    holders as (select * from {{ ref('identity_value_holders') }}),

    names as (select * from {{ ref('identity_entity_names') }}),

    known_names as (select * from {{ ref('identity_known_names') }}),

    groups as (select * from {{ ref('identity_value_groups') }}),

    entities as (select * from {{ ref('identity_entities') }}),

    usable as (select * from {{ ref('identity_usable_values') }}),

    nameless_with_phone as (
        select holders.entity
        from holders
        left join known_names on holders.entity = known_names.entity
        where holders.identifier_type = 'phone' and known_names.entity is null
        group by holders.entity
    ),

    -- A phone does not tell whose a record is that has a key or an address of its own.
    with_more as (
        select nameless_with_phone.entity
        from nameless_with_phone
        inner join entities on nameless_with_phone.entity = entities.component
        inner join usable on entities.node = usable.record_id
        where usable.is_strong or usable.identifier_type = 'email'
        group by nameless_with_phone.entity
    ),

    owners as (select * from groups where is_owner),

    judged as (
        select
            holders.entity,
            holders.value_id,
            holders.identifier_type,
            case
                when groups.group_key is not null and names.first_name is not null
                then 'same_name'
                when groups.group_key is not null
                then 'adopted_name'
                when names.first_name is not null
                then 'only_name'
                -- What is known of a shared mailbox only is its owner's.
                when owners.group_key is not null and names.is_mailbox
                then 'nameless_to_owner'
                when owners.group_key is not null
                then null
                when holders.identifier_type <> 'phone' or with_more.entity is null
                then 'nameless'
            end as basis,
            coalesce(groups.group_key, owners.group_key, '') as group_key
        from holders
        inner join names on holders.entity = names.entity
        left join with_more on holders.entity = with_more.entity
        left join groups on holders.value_id = groups.value_id and holders.entity = groups.entity
        left join owners on holders.value_id = owners.value_id
    )

-- The value and the group that it links are a node of the graph that is cut where people contradict
-- each other; nodes of records are above zero.
select
    entity,
    value_id,
    case when basis is not null then group_key end as group_key,
    identifier_type || ':' || basis as rule,
    0 - dense_rank() over (order by value_id, group_key) as value_node
from judged

{{ config(materialized='whole') }}

with holders as {{ inline_cte() }} (select * from {{ ref('identity_holders') }}),

names as {{ inline_cte() }} (select * from {{ ref('identity_names') }}),

adopted_names as (select * from {{ ref('identity_adopted_names') }}),

groups as {{ inline_cte() }} (select * from {{ ref('identity_shared_values') }}),

entities as (select * from {{ ref('identity_entities') }}),

usable as (select * from {{ ref('identity_usable_identifiers') }}),

nameless_with_phone as (
    select holders.entity
    from holders
    inner join names on holders.entity = names.entity
    left join adopted_names on names.entity = adopted_names.entity
    where
        holders.identifier_type = 'phone'
        and names.first_name is null
        and adopted_names.entity is null
    group by holders.entity
),

-- A phone does not tell whose a record is that has a key or an address of its own.
with_more as (
    select nameless_with_phone.entity
    from nameless_with_phone
    inner join entities on nameless_with_phone.entity = entities.component
    inner join usable on entities.node = usable.record_key
    where usable.is_strong or usable.identifier_type = 'email'
    group by nameless_with_phone.entity
),

contested as (
    select identifier_type, identifier_value, group_key
    from groups
    where is_owner
),

judged as (
    select
        holders.entity,
        holders.identifier_type,
        holders.identifier_value,
        case
            when groups.group_key is not null and names.first_name is not null then 'same_name'
            when groups.group_key is not null then 'adopted_name'
            when names.first_name is not null then 'only_name'
            -- What is known of a shared mailbox only is its owner's.
            when contested.group_key is not null and names.is_mailbox then 'nameless_to_owner'
            when contested.group_key is not null then null
            when holders.identifier_type <> 'phone' or with_more.entity is null then 'nameless'
        end as basis,
        coalesce(groups.group_key, contested.group_key, '') as group_key
    from holders
    inner join names on holders.entity = names.entity
    left join with_more on holders.entity = with_more.entity
    left join groups
        on holders.identifier_type = groups.identifier_type
        and holders.identifier_value = groups.identifier_value
        and holders.entity = groups.entity
    left join contested
        on holders.identifier_type = contested.identifier_type
        and holders.identifier_value = contested.identifier_value
)

select
    entity,
    identifier_type,
    identifier_value,
    case when basis is not null then group_key end as group_key,
    identifier_type || ':' || basis as rule
from judged

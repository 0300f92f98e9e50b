{{ config(materialized='table') }}

with identifiers as (select * from {{ ref('identity_touched_identifiers') }}),

entities as {{ inline_cte() }} (select * from {{ ref('identity_entities') }}),

holders as (select * from {{ ref('identity_holders') }}),

names as {{ inline_cte() }} (select * from {{ ref('identity_names') }}),

adopted_names as (select * from {{ ref('identity_adopted_names') }}),

limits as (select * from {{ ref('identifier_limits') }}),

blocked_values as (select * from {{ ref('identity_blocked_values') }}),

groups as {{ inline_cte() }} (select * from {{ ref('identity_shared_values') }}),

keys as (select * from {{ ref('identity_keyed_records') }}),

usable as (
    select
        identifiers.record_key,
        split_part(identifiers.record_key, ':', 1) as source_table,
        identifiers.identifier_type,
        identifiers.identifier_value,
        limits.trust_rank,
        limits.is_strong,
        min(identifiers.observed_at) as first_seen_at
    from identifiers
    inner join limits on identifiers.identifier_type = limits.identifier_type
    left join blocked_values
        on identifiers.identifier_type = blocked_values.identifier_type
        and identifiers.identifier_value = blocked_values.identifier_value
    where blocked_values.identifier_value is null
    group by
        identifiers.record_key,
        identifiers.identifier_type,
        identifiers.identifier_value,
        limits.trust_rank,
        limits.is_strong
),

nameless as (
    select names.entity
    from names
    left join adopted_names on names.entity = adopted_names.entity
    where names.first_name is null and adopted_names.entity is null
),

-- A phone does not tell whose a record is that has a key or an address of its own.
with_more as (
    select nameless.entity
    from nameless
    inner join entities on nameless.entity = entities.component
    inner join keys on entities.node = keys.record_key
    union
    select nameless.entity
    from nameless
    inner join holders on nameless.entity = holders.entity
    where holders.identifier_type = 'email'
),

contested as (
    select identifier_type, identifier_value, group_key
    from groups
    where is_owner
),

places as (
    select
        entities.node as record_key,
        entities.component as entity,
        names.first_name is not null as has_name,
        with_more.entity is not null as has_more
    from entities
    inner join names on entities.component = names.entity
    left join with_more on entities.component = with_more.entity
),

judged as (
    select
        usable.record_key,
        usable.source_table,
        places.entity,
        usable.identifier_type,
        usable.identifier_value,
        usable.trust_rank,
        usable.first_seen_at,
        case
            when usable.is_strong then 'same_key'
            when groups.group_key is not null and places.has_name then 'same_name'
            when groups.group_key is not null then 'adopted_name'
            when places.has_name then 'only_name'
            -- What is known of a shared mailbox only is its owner's.
            when
                contested.group_key is not null
                and usable.source_table in ('crm.consents', 'crm.surveys', 'email.clicks')
                then 'nameless_to_owner'
            when contested.group_key is not null then null
            when usable.identifier_type <> 'phone' or not places.has_more then 'nameless'
        end as basis,
        case
            when usable.is_strong then ''
            else coalesce(groups.group_key, contested.group_key, '')
        end as group_key
    from usable
    inner join places on usable.record_key = places.record_key
    left join groups
        on usable.identifier_type = groups.identifier_type
        and usable.identifier_value = groups.identifier_value
        and places.entity = groups.entity
    left join contested
        on usable.identifier_type = contested.identifier_type
        and usable.identifier_value = contested.identifier_value
)

select
    record_key,
    entity,
    identifier_type,
    identifier_value,
    group_key,
    identifier_type || ':' || basis as rule,
    trust_rank,
    source_table as source,
    first_seen_at
from judged
where basis is not null

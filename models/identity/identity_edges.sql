{{ config(materialized='table') }}

with identifiers as (select * from {{ ref('identity_record_identifiers') }}),

records as (select * from {{ ref('identity_records') }}),

entities as (select * from {{ ref('identity_entities') }}),

names as (select * from {{ ref('identity_names') }}),

limits as (select * from {{ ref('identifier_limits') }}),

suppressed as (select * from {{ ref('identity_blocked_values') }}),

groups as (select * from {{ ref('identity_shared_values') }}),

usable as (
    select
        identifiers.record_key,
        records.source_table,
        entities.component as entity,
        identifiers.identifier_type,
        identifiers.identifier_value,
        limits.is_strong,
        min(identifiers.observed_at) as first_seen_at
    from identifiers
    inner join records on identifiers.record_key = records.record_key
    inner join entities on identifiers.record_key = entities.node
    inner join limits on identifiers.identifier_type = limits.identifier_type
    left join suppressed
        on identifiers.identifier_type = suppressed.identifier_type
        and identifiers.identifier_value = suppressed.identifier_value
    where suppressed.identifier_value is null
    group by
        identifiers.record_key,
        records.source_table,
        entities.component,
        identifiers.identifier_type,
        identifiers.identifier_value,
        limits.is_strong
),

-- What else a nameless entity could be told by.
entity_types as (
    select
        entity,
        max(case when is_strong then 1 else 0 end) as has_strong,
        max(case when identifier_type = 'email' then 1 else 0 end) as has_email,
        max(case when identifier_type = 'phone' then 1 else 0 end) as has_phone
    from usable
    group by entity
),

judged as (
    select
        usable.record_key,
        usable.source_table,
        usable.entity,
        usable.identifier_type,
        usable.identifier_value,
        usable.first_seen_at,
        case
            when usable.is_strong then 'same_key'
            when names.first_name is not null and groups.group_key is not null then 'same_name'
            when names.first_name is not null then 'only_name'
            -- A nameless record does not tell whose shared address it is: its owner's.
            when usable.identifier_type = 'email' and groups.owner_group is null then 'nameless'
            when
                usable.identifier_type = 'email'
                and entity_types.has_strong = 0
                and entity_types.has_phone = 0
                then 'nameless_to_owner'
            when
                usable.identifier_type = 'phone'
                and groups.owner_group is null
                and entity_types.has_strong = 0
                and entity_types.has_email = 0
                then 'nameless'
        end as basis,
        case
            when usable.is_strong then ''
            when names.first_name is not null then coalesce(groups.group_key, '')
            else coalesce(groups.owner_group, '')
        end as group_key
    from usable
    inner join entity_types on usable.entity = entity_types.entity
    inner join names on usable.entity = names.entity
    left join groups
        on usable.identifier_type = groups.identifier_type
        and usable.identifier_value = groups.identifier_value
        and (usable.entity = groups.entity or (names.first_name is null and groups.is_owner))
)

select
    record_key,
    entity,
    identifier_type,
    identifier_value,
    group_key,
    identifier_type || ':' || basis as rule,
    source_table as source,
    first_seen_at
from judged
where basis is not null

{{ config(materialized='scoped', replaces=[['record_key', 'identity_touched']]) }}

with identifiers as (select * from {{ ref('identity_touched_identifiers') }}),

usable as (select * from {{ ref('identity_usable_identifiers') }}),

entities as (select * from {{ ref('identity_entities') }}),

links as {{ inline_cte() }} (select * from {{ ref('identity_links') }}),

limits as (select * from {{ ref('identifier_limits') }}),

blocked_values as (select * from {{ ref('identity_blocked_values') }}),

groups as (select * from {{ ref('identity_shared_values') }}),

holders as {{ inline_cte() }} (select * from {{ ref('identity_named_holders') }}),

owners as (
    select
        holders.identifier_type,
        holders.identifier_value,
        holders.entity,
        groups.group_key,
        holders.first_name,
        holders.further_names,
        holders.turned_name,
        holders.name_suffix,
        holders.birth_date,
        holders.gender
    from groups
    inner join holders
        on groups.identifier_type = holders.identifier_type
        and groups.identifier_value = holders.identifier_value
        and groups.entity = holders.entity
    where groups.is_owner
),

blocked as (
    select
        identifiers.record_key,
        identifiers.identifier_type,
        identifiers.identifier_value,
        limits.is_strong,
        case blocked_values.reason
            when 'blocked' then 'blocked_value'
            when 'unrelated_names' then 'unrelated_names'
            else 'over_limit'
        end as reason,
        identifiers.observed_at
    from identifiers
    inner join limits on identifiers.identifier_type = limits.identifier_type
    inner join blocked_values
        on identifiers.identifier_type = blocked_values.identifier_type
        and identifiers.identifier_value = blocked_values.identifier_value
),

unlinked as (
    select
        links.entity,
        links.identifier_type,
        links.identifier_value,
        owners.entity as other_entity,
        case
            when owners.entity is not null then 'nameless_on_shared_value'
            else 'nameless_on_phone'
        end as reason
    from links
    left join owners
        on links.identifier_type = owners.identifier_type
        and links.identifier_value = owners.identifier_value
    where links.rule is null
),

-- Linked with its namesakes, but not with whom the value belongs to.
scoped as (
    select
        links.entity,
        links.identifier_type,
        links.identifier_value,
        owner.entity as other_entity,
        case
            when not {{ same_given_name('holder', 'owner') }} then 'different_given_names'
            when {{ different_suffixes('holder', 'owner') }} then 'different_name_suffixes'
            when {{ different_birth_dates('holder.birth_date', 'owner.birth_date') }}
                then 'different_birth_dates'
            else 'ambiguous_name'
        end as reason
    from links
    inner join owners as owner
        on links.identifier_type = owner.identifier_type
        and links.identifier_value = owner.identifier_value
        and links.group_key <> owner.group_key
    inner join holders as holder
        on links.identifier_type = holder.identifier_type
        and links.identifier_value = holder.identifier_value
        and links.entity = holder.entity
),

refused as (
    select * from unlinked
    union all
    select * from scoped
),

uses as (
    select
        record_key,
        cast(null as {{ dbt.type_string() }}) as other_record_key,
        identifier_type,
        identifier_value,
        is_strong,
        reason,
        observed_at
    from blocked
    union all
    -- An entity is named after its first record.
    select
        usable.record_key,
        refused.other_entity,
        usable.identifier_type,
        usable.identifier_value,
        usable.is_strong,
        refused.reason,
        usable.observed_at
    from refused
    inner join entities on refused.entity = entities.component
    inner join usable
        on entities.node = usable.record_key
        and refused.identifier_type = usable.identifier_type
        and refused.identifier_value = usable.identifier_value
)

select
    record_key,
    other_record_key,
    identifier_type,
    identifier_value,
    identifier_type || case when is_strong then ':same_key' else ':same_value' end as rule,
    reason,
    min(observed_at) as first_seen_at
from uses
group by record_key, other_record_key, identifier_type, identifier_value, is_strong, reason

{{ config(materialized='scoped', replaces=[['record_key', 'identity_touched']]) }}

with identifiers as (select * from {{ ref('identity_touched_identifiers') }}),

links as {{ inline_cte() }} (select * from {{ ref('identity_links') }}),

limits as (select * from {{ ref('identifier_limits') }}),

blocked_values as (select * from {{ ref('identity_blocked_values') }}),

groups as (select * from {{ ref('identity_shared_values') }}),

holders as {{ inline_cte() }} (select * from {{ ref('identity_named_holders') }}),

nameless as (
    select entities.node as record_key
    from {{ ref('identity_entities') }} as entities
    inner join {{ ref('identity_names') }} as names on entities.component = names.entity
    left join {{ ref('identity_adopted_names') }} as adopted_names
        on names.entity = adopted_names.entity
    where names.first_name is null and adopted_names.entity is null
),

-- Only a blocked value, or a record of which nobody knows a name, may be left without a link.
doubtful as (
    select
        identifiers.record_key,
        identifiers.identifier_type,
        identifiers.identifier_value,
        min(identifiers.observed_at) as first_seen_at
    from identifiers
    left join blocked_values
        on identifiers.identifier_type = blocked_values.identifier_type
        and identifiers.identifier_value = blocked_values.identifier_value
    left join nameless on identifiers.record_key = nameless.record_key
    where blocked_values.identifier_value is not null or nameless.record_key is not null
    group by identifiers.record_key, identifiers.identifier_type, identifiers.identifier_value
),

unlinked_uses as (
    select doubtful.*
    from doubtful
    left join links
        on doubtful.record_key = links.record_key
        and doubtful.identifier_type = links.identifier_type
        and doubtful.identifier_value = links.identifier_value
    where links.record_key is null
),

owners as (
    select
        groups.identifier_type,
        groups.identifier_value,
        groups.group_key,
        holders.first_name,
        holders.turned_name,
        holders.birth_date,
        holders.first_record_key
    from groups
    inner join holders
        on groups.identifier_type = holders.identifier_type
        and groups.identifier_value = holders.identifier_value
        and groups.entity = holders.entity
    where groups.is_owner
),

unlinked as (
    select
        uses.record_key,
        owners.first_record_key as other_record_key,
        uses.identifier_type,
        uses.identifier_value,
        uses.identifier_type || case when limits.is_strong then ':same_key' else ':same_value' end
            as rule,
        case
            when blocked_values.reason = 'blocked' then 'blocked_value'
            when blocked_values.reason = 'unrelated_names' then 'unrelated_names'
            when blocked_values.reason is not null then 'over_limit'
            when owners.first_record_key is not null then 'nameless_on_shared_value'
            else 'nameless_on_phone'
        end as reason,
        uses.first_seen_at
    from unlinked_uses as uses
    inner join limits on uses.identifier_type = limits.identifier_type
    left join blocked_values
        on uses.identifier_type = blocked_values.identifier_type
        and uses.identifier_value = blocked_values.identifier_value
    left join owners
        on uses.identifier_type = owners.identifier_type
        and uses.identifier_value = owners.identifier_value
),

-- Linked with its namesakes, but not with whom the value belongs to.
scoped as (
    select
        links.record_key,
        owner.first_record_key as other_record_key,
        links.identifier_type,
        links.identifier_value,
        links.identifier_type || ':same_value' as rule,
        case
            when not {{ same_given_name('holder', 'owner') }} then 'different_given_names'
            when {{ different_birth_dates('holder.birth_date', 'owner.birth_date') }}
                then 'different_birth_dates'
            else 'ambiguous_name'
        end as reason,
        links.first_seen_at
    from links
    inner join owners as owner
        on links.identifier_type = owner.identifier_type
        and links.identifier_value = owner.identifier_value
        and links.group_key <> owner.group_key
    inner join holders as holder
        on links.identifier_type = holder.identifier_type
        and links.identifier_value = holder.identifier_value
        and links.entity = holder.entity
)

select
    record_key,
    other_record_key,
    identifier_type,
    identifier_value,
    rule,
    reason,
    first_seen_at
from unlinked
union all
select
    record_key,
    other_record_key,
    identifier_type,
    identifier_value,
    rule,
    reason,
    first_seen_at
from scoped

with
    record_values as (select * from {{ ref('identity_record_values') }} where value_id is not null),

    records as (select * from {{ ref('identity_records') }}),

    limits as (select * from {{ ref('identifier_limits') }}),

    blocked_values as (select * from {{ ref('identity_blocked_values') }}),

    other_holders as (select * from {{ ref('identity_other_holders') }}),

    entities as (select * from {{ ref('identity_entities') }}),

    links as (select * from {{ ref('identity_links') }}),

    record_links as (select * from {{ ref('identity_record_links') }}),

    settlements as (select * from {{ ref('identity_settlements') }}),

    holders as (
        select names.*, groups.value_id, groups.group_key, groups.is_owner
        from {{ ref('identity_value_groups') }} as groups
        inner join {{ ref('identity_known_names') }} as names on groups.entity = names.entity
    ),

    owners as (select * from holders where is_owner),

    -- Without a name on a value of several people; or linked with its namesakes, but not with whom
    -- the value belongs to.
    refused as (
        select
            links.entity,
            links.value_id,
            owner.entity as other_entity,
            case
                when links.rule is not null
                then coalesce({{ why_apart('holder', 'owner') }}, 'ambiguous_name')
                when owner.entity is not null
                then 'nameless_on_shared_value'
                else 'nameless_on_phone'
            end as reason
        from links
        left join owners as owner on links.value_id = owner.value_id
        left join
            holders as holder on links.value_id = holder.value_id and links.entity = holder.entity
        where links.rule is null or links.group_key <> owner.group_key
    ),

    uses as (
        select
            record_values.record_id,
            cast(null as bigint) as other_record_id,
            record_values.value_id,
            case
                blocked_values.reason
                when 'blocked'
                then 'blocked_value'
                when 'unrelated_names'
                then 'unrelated_names'
                else 'over_limit'
            end as reason
        from record_values
        inner join blocked_values on record_values.value_id = blocked_values.value_id
        union all
        select record_id, owner_record_id, value_id, 'key_of_somebody_else' as reason
        from other_holders
        union all
        -- An entity is named after its first record.
        select entities.node, refused.other_entity, refused.value_id, refused.reason
        from refused
        inner join entities on refused.entity = entities.component
    ),

    refused_values as (
        select
            record_values.record_key,
            others.record_key as other_record_key,
            record_values.identifier_type,
            record_values.identifier_value,
            record_values.identifier_type
            || case when limits.is_strong then ':same_key' else ':same_value' end as rule,
            uses.reason,
            record_values.observed_at
        from uses
        inner join
            record_values
            on uses.record_id = record_values.record_id
            and uses.value_id = record_values.value_id
        inner join limits on record_values.identifier_type = limits.identifier_type
        left join records as others on uses.other_record_id = others.record_id
        union all
        -- Chains of links that led from one person to another, cut where they were weakest.
        select
            records.record_key,
            null as other_record_key,
            record_links.identifier_type,
            record_links.identifier_value,
            record_links.rule,
            'cut_weakest_link' as reason,
            record_links.observed_at
        from settlements
        inner join record_links on settlements.node = record_links.record_id
        inner join records on settlements.node = records.record_id
        inner join
            settlements as values_settled
            on record_links.value_node = values_settled.node
            and settlements.cluster <> values_settled.cluster
    )

select
    record_key,
    other_record_key,
    identifier_type,
    identifier_value,
    rule,
    reason,
    min(observed_at) as first_seen_at
from refused_values
group by record_key, other_record_key, identifier_type, identifier_value, rule, reason

{{ config(materialized='view') }}

with
    usable as (select * from {{ ref('identity_usable_values') }}),

    entities as (select * from {{ ref('identity_entities') }}),

    links as (select * from {{ ref('identity_links') }})

select
    usable.record_id,
    usable.identifier_type,
    usable.identifier_value,
    coalesce(links.group_key, '') as group_key,
    case
        when usable.is_strong
        then usable.identifier_type || ':same_key'
        when links.entity is null
        then usable.identifier_type || ':only_holder'
        else links.rule
    end as rule,
    -- Values that no group divides come behind all groups.
    coalesce(links.value_node, -1000000000000 - usable.value_id) as value_node,
    usable.trust_rank,
    usable.observed_at
from usable
inner join entities on usable.record_id = entities.node
left join links on entities.component = links.entity and usable.value_id = links.value_id
-- A holder whom a value does not link is in identity_refusals.
where links.entity is null or links.rule is not null

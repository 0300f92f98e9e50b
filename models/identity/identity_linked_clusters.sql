{{ config(materialized='scoped', replaces=[['record_key', 'identity_touched']]) }}

with entities as (select * from {{ ref('identity_entities') }}),

components as (select * from {{ ref('identity_components') }}),

settlements as (select * from {{ ref('identity_settlements') }}),

-- Named after its first record, as a component is; a settlement may be named after a value.
settled as (
    select
        entities.node as record_key,
        min(entities.node) over (partition by settlements.cluster) as cluster
    from settlements
    inner join entities on settlements.node = entities.node
)

select
    entities.node as record_key,
    coalesce(settled.cluster, components.component, entities.component) as cluster
from entities
left join components on entities.component = components.node
left join settled on entities.node = settled.record_key

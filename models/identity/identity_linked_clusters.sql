{{ config(materialized='scoped', replaces=[['record_key', 'identity_touched']]) }}

with records as (select * from {{ ref('identity_touched_records') }}),

entities as (select * from {{ ref('identity_entities') }}),

components as (select * from {{ ref('identity_components') }}),

settlements as (select * from {{ ref('identity_settlements') }}),

-- Named after its first record, as a component is; a settlement may be named after a value.
settled as (
    select
        records.record_key,
        min(records.record_key) over (partition by settlements.cluster) as cluster
    from settlements
    inner join records on settlements.node = records.record_key
)

select
    records.record_key,
    records.source_table,
    records.source_key,
    records.observed_at,
    coalesce(settled.cluster, components.component, entities.component) as cluster
from records
inner join entities on records.record_key = entities.node
left join components on entities.component = components.node
left join settled on records.record_key = settled.record_key

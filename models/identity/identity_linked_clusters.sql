{{ config(materialized='scoped', replaces=[['record_key', 'identity_touched']]) }}

with records as (select * from {{ ref('identity_touched_records') }}),

entities as (select * from {{ ref('identity_entities') }}),

components as (select * from {{ ref('identity_components') }}),

settlements as (select * from {{ ref('identity_settlements') }}),

clustered as (
    select
        records.record_key,
        records.source_table,
        records.source_key,
        records.observed_at,
        coalesce(settlements.cluster, components.component, entities.component) as cluster
    from records
    inner join entities on records.record_key = entities.node
    left join components on entities.component = components.node
    left join settlements on records.record_key = settlements.node
)

select
    record_key,
    source_table,
    source_key,
    observed_at,
    min(record_key) over (partition by cluster) as cluster
from clustered

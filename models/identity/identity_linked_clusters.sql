{{ config(materialized='table') }}

with records as (select * from {{ ref('identity_records') }}),

entities as (select * from {{ ref('identity_entities') }}),

components as (select * from {{ ref('identity_components') }}),

settlements as (select * from {{ ref('identity_settlements') }})

select
    records.record_key,
    coalesce(settlements.cluster, components.component) as cluster
from records
inner join entities on records.record_key = entities.node
inner join components on entities.component = components.node
left join settlements on records.record_key = settlements.node

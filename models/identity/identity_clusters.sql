{{ config(materialized='table') }}

with records as (select * from {{ ref('identity_records') }}),

entities as (select * from {{ ref('identity_entities') }}),

components as (select * from {{ ref('identity_components') }})

select
    records.record_key,
    records.source_table,
    records.source_key,
    components.component,
    records.observed_at as first_seen_at
from records
inner join entities on records.record_key = entities.node
inner join components on entities.component = components.node

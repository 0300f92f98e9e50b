{{ config(materialized='scoped', replaces=[['record_key', 'identity_touched']]) }}

with touched as (select * from {{ ref('identity_touched') }}),

fingerprints as (select * from {{ ref('identity_fingerprints') }}),

entities as (select * from {{ ref('identity_entities') }}),

components as (select * from {{ ref('identity_components') }}),

neighbourhoods as (select * from {{ ref('identity_neighbourhoods') }})

select
    touched.record_key,
    fingerprints.fingerprint,
    coalesce(neighbourhoods.component, components.component, entities.component) as neighbourhood
from touched
inner join entities on touched.record_key = entities.node
left join fingerprints on touched.record_key = fingerprints.record_key
left join components on entities.component = components.node
left join neighbourhoods
    on coalesce(components.component, entities.component) = neighbourhoods.node

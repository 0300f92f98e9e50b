{{ config(materialized='scoped', replaces=[['record_key', 'identity_touched']]) }}

with touched as (select * from {{ ref('identity_touched') }}),

fingerprints as (select * from {{ ref('identity_fingerprints') }}),

entities as (select * from {{ ref('identity_entities') }}),

components as (select * from {{ ref('identity_components') }}),

neighbourhoods as (select * from {{ ref('identity_neighbourhoods') }})

select
    fingerprints.record_key,
    fingerprints.fingerprint,
    coalesce(neighbourhoods.component, components.component, entities.component) as neighbourhood
from touched
inner join fingerprints on touched.record_key = fingerprints.record_key
inner join entities on fingerprints.record_key = entities.node
left join components on entities.component = components.node
left join neighbourhoods
    on coalesce(components.component, entities.component) = neighbourhoods.node

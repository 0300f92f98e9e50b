{{ config(materialized='table') }}

with identifiers as (select * from {{ ref('identity_touched_identifiers') }}),

entities as (select * from {{ ref('identity_entities') }}),

limits as (
    select * from {{ ref('identifier_limits') }}
    where not is_strong
),

blocked_values as (select * from {{ ref('identity_blocked_values') }})

select
    entities.component as entity,
    identifiers.identifier_type,
    identifiers.identifier_value,
    limits.trust_rank,
    min(identifiers.observed_at) as first_seen_at
from identifiers
inner join limits on identifiers.identifier_type = limits.identifier_type
inner join entities on identifiers.record_key = entities.node
left join blocked_values
    on identifiers.identifier_type = blocked_values.identifier_type
    and identifiers.identifier_value = blocked_values.identifier_value
where blocked_values.identifier_value is null
group by
    entities.component,
    identifiers.identifier_type,
    identifiers.identifier_value,
    limits.trust_rank

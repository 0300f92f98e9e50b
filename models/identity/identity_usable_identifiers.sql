{{ config(materialized='view') }}

with identifiers as (select * from {{ ref('identity_touched_identifiers') }}),

limits as (select * from {{ ref('identifier_limits') }}),

blocked_values as (select * from {{ ref('identity_blocked_values') }})

select
    identifiers.record_key,
    identifiers.identifier_type,
    identifiers.identifier_value,
    limits.trust_rank,
    limits.is_strong,
    identifiers.observed_at
from identifiers
inner join limits on identifiers.identifier_type = limits.identifier_type
left join blocked_values
    on identifiers.identifier_type = blocked_values.identifier_type
    and identifiers.identifier_value = blocked_values.identifier_value
where blocked_values.identifier_value is null

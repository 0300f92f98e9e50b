{{ config(materialized='components') }}

with identifiers as (select * from {{ ref('identity_touched_identifiers') }}),

records as (select * from {{ ref('identity_touched_records') }}),

suppressed as (select * from {{ ref('identity_blocked_values') }}),

limits as (select * from {{ ref('identifier_limits') }}),

overrides as (
    select * from {{ ref('identity_overrides') }}
    where decision = 'same'
),

strong_links as (
    select
        identifiers.record_key as node_a,
        'id:' || identifiers.identifier_type || ':' || identifiers.identifier_value as node_b
    from identifiers
    inner join limits
        on identifiers.identifier_type = limits.identifier_type and limits.is_strong
    left join suppressed
        on identifiers.identifier_type = suppressed.identifier_type
        and identifiers.identifier_value = suppressed.identifier_value
    where suppressed.identifier_value is null
)

select node_a, node_b from strong_links
union all
select a.record_key, b.record_key
from overrides
inner join records as a on overrides.record_key_a = a.record_key
inner join records as b on overrides.record_key_b = b.record_key
union all
select record_key, record_key from records

{{ config(materialized='components') }}

with identifiers as {{ inline_cte() }} (select * from {{ ref('identity_touched_identifiers') }}),

records as {{ inline_cte() }} (select * from {{ ref('identity_touched_records') }}),

suppressed as (select * from {{ ref('identity_blocked_values') }}),

limits as (
    select * from {{ ref('identifier_limits') }}
    where is_strong
),

overrides as (
    select * from {{ ref('identity_overrides') }}
    where decision = 'same'
),

-- What one record alone has joins nobody.
shared as (
    select
        identifiers.identifier_type,
        identifiers.identifier_value,
        min(identifiers.record_key) as first_record_key
    from identifiers
    inner join limits on identifiers.identifier_type = limits.identifier_type
    group by identifiers.identifier_type, identifiers.identifier_value
    having min(identifiers.record_key) <> max(identifiers.record_key)
),

strong_links as (
    select
        shared.first_record_key as node_a,
        identifiers.record_key as node_b
    from shared
    inner join identifiers
        on shared.identifier_type = identifiers.identifier_type
        and shared.identifier_value = identifiers.identifier_value
    left join suppressed
        on shared.identifier_type = suppressed.identifier_type
        and shared.identifier_value = suppressed.identifier_value
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

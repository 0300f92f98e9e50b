{{ config(materialized='components') }}

with common_values as (select * from {{ ref('identity_common_values') }}),

keys as (
    select
        usable.identifier_type,
        usable.identifier_value,
        usable.record_key
    from {{ ref('identity_usable_identifiers') }} as usable
    inner join common_values
        on usable.identifier_type = common_values.identifier_type
        and usable.identifier_value = common_values.identifier_value
    where usable.is_strong
),

records as {{ inline_cte() }} (select * from {{ ref('identity_touched_records') }}),

overrides as (
    select * from {{ ref('identity_overrides') }}
    where decision = 'same'
),

-- What one record alone has joins nobody.
shared as (
    select
        identifier_type,
        identifier_value,
        min(record_key) as first_record_key
    from keys
    group by identifier_type, identifier_value
    having min(record_key) <> max(record_key)
)

select
    shared.first_record_key as node_a,
    keys.record_key as node_b
from shared
inner join keys
    on shared.identifier_type = keys.identifier_type
    and shared.identifier_value = keys.identifier_value
union all
select a.record_key, b.record_key
from overrides
inner join records as a on overrides.record_key_a = a.record_key
inner join records as b on overrides.record_key_b = b.record_key
union all
select record_key, record_key from records

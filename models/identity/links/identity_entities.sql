{{ config(materialized='components') }}

with
    records as (select * from {{ ref('identity_records') }}),

    -- What one record alone has joins nobody.
    keys as (
        select * from {{ ref('identity_usable_values') }} where is_strong and value_id is not null
    ),

    overrides as (select * from {{ ref('identity_overrides') }} where decision = 'same'),

    first_records as (select value_id, min(record_id) as record_id from keys group by value_id)

select first_records.record_id as node_a, keys.record_id as node_b
from first_records
inner join keys on first_records.value_id = keys.value_id
where first_records.record_id <> keys.record_id
union all
select a.record_id as node_a, b.record_id as node_b
from overrides
inner join records as a on overrides.record_key_a = a.record_key
inner join records as b on overrides.record_key_b = b.record_key
union all
select record_id as node_a, record_id as node_b
from records

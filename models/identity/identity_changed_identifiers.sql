{{ config(materialized='whole') }}

with changed as (select * from {{ ref('identity_changed_customers') }}),

map as (select * from {{ ref('identity_map') }}),

identifiers as (select * from {{ ref('identity_record_identifiers') }}),

records as (
    select map.record_key
    from map
    inner join changed on map.customer_id = changed.customer_id
    where not {{ run_is_full() | lower }}
),

held as (
    select identifiers.*
    from identifiers
    inner join records on identifiers.record_key = records.record_key
)

select
    identifier_type,
    identifier_value
from held
union
select
    identifier_type,
    shown_value
from held

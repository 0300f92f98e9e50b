{{ config(materialized='table') }}

with records as (
    select * from {{ ref('identity_records') }}
    where given_name is not null
),

identifiers as (select * from {{ ref('identity_record_identifiers') }}),

keys as (
    select * from {{ ref('identifier_limits') }}
    where is_strong
),

-- An account's orders may be shipped to anybody: the name on such a parcel is not the buyer's.
parcels as (
    select identifiers.record_key
    from identifiers
    inner join keys on identifiers.identifier_type = keys.identifier_type
    inner join records on identifiers.record_key = records.record_key
    where records.source_table = 'shop.orders'
    group by identifiers.record_key
)

select
    records.record_key,
    records.given_name,
    records.last_name_key as last_name,
    records.street_key || ' ' || coalesce(records.postal_code_key, records.city_key) as place
from records
left join parcels on records.record_key = parcels.record_key
where parcels.record_key is null

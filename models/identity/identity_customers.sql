{{ config(materialized='scoped', replaces=[['customer_id', 'identity_changed_customers']]) }}

with changed as (select * from {{ ref('identity_changed_customers') }}),

map as (select * from {{ ref('identity_map') }})

select
    map.customer_id,
    min(map.first_seen_at) as first_seen_at,
    count(*) as records_count
from map
inner join changed on map.customer_id = changed.customer_id
group by map.customer_id

{{ config(materialized='whole') }}

with reassigned as (select * from {{ ref('identity_reassigned') }}),

map as (select * from {{ ref('identity_map') }})

select previous_customer_id as customer_id
from reassigned
where previous_customer_id is not null
union
select map.customer_id
from reassigned
inner join map on reassigned.record_key = map.record_key

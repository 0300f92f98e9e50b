{{ config(materialized='whole') }}

with regrouped as (select * from {{ ref('identity_regrouped') }}),

rescored as (select * from {{ ref('identity_rescored_profiles') }})

select record_key
from regrouped
union
select record_key
from rescored
where not {{ run_is_full() | lower }}

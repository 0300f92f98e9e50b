{{ config(materialized='whole') }}

with changed as (
    select * from {{ ref('identity_profile_changes') }}
    where not {{ run_is_full() | lower }}
),

keys as (
    {{ block_keys('changed', keep=['growth']) }}
)

select
    block,
    sum(growth) as growth
from keys
group by block
having sum(growth) <> 0

{{ config(materialized='scoped', replaces=[['profile_id', 'identity_profile_changes']]) }}

with changed as (
    select * from {{ ref('identity_profile_changes') }}
    where growth > 0
),

keys as (
    {{ block_keys('changed') }}
)

select
    profile_id,
    rule_number,
    block
from keys

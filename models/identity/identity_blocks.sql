{{ config(materialized='view') }}

with keys as (select * from {{ ref('identity_block_keys') }}),

sizes as (select * from {{ ref('identity_block_sizes') }}),

budgets as (select * from {{ ref('identity_block_budgets') }})

select
    keys.profile_id,
    keys.rule_number,
    keys.block
from keys
inner join sizes on keys.block = sizes.block
inner join budgets
    on sizes.rule_number = budgets.rule_number
    and {{ is_used_block('sizes.profiles_count', 'budgets.affordable_step') }}

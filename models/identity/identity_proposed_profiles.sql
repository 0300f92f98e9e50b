{{ config(materialized='whole') }}

with changes as (select * from {{ ref('identity_profile_changes') }}),

keys as (select * from {{ ref('identity_block_keys') }}),

sizes as (select * from {{ ref('identity_block_sizes') }}),

budgets as (select * from {{ ref('identity_block_budgets') }}),

growth as (select * from {{ ref('identity_block_growth') }}),

-- Blocks that were compared and are not any more, or the other way round.
reconsidered as (
    select sizes.block
    from sizes
    inner join budgets on sizes.rule_number = budgets.rule_number
    left join growth on sizes.block = growth.block
    where
        not {{ run_is_full() | lower }}
        and {{ is_used_block('sizes.profiles_count', 'budgets.affordable_step') }}
        <> {{ is_used_block(
            '(sizes.profiles_count - coalesce(growth.growth, 0))', 'budgets.affordable_step_before'
        ) }}
)

select profile_id
from changes
union
select keys.profile_id
from keys
inner join reconsidered on keys.block = reconsidered.block

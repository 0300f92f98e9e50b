{{ config(materialized='scoped', replaces=[['block', 'identity_block_growth']]) }}

with keys as (select * from {{ ref('identity_block_keys') }}),

growth as (select * from {{ ref('identity_block_growth') }})

select
    keys.block,
    min(keys.rule_number) as rule_number,
    count(*) as profiles_count
from keys
where {{ run_is_full() | lower }} or keys.block in (select growth.block from growth)
group by keys.block
having count(*) > 1

{{ config(materialized='table') }}

{%- set largest_block = 512 %}
{%- set rules = var('blocking_rules') %}

with profiles as (select * from {{ ref('identity_profiles') }}),

size as (select count(*) as profiles_count from profiles),

keys as (
    {%- for rule in rules %}
        select
            profile_id,
            {{ loop.index }} as rule_number,
            {{ hash64(([loop.index] + rule["keys"]) | join(', ')) }} as block
        from profiles
        where
            {{ rule["keys"] | join(" <> ''\n            and ") }} <> ''
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

blocks as (
    select
        block,
        min(rule_number) as rule_number,
        count(*) as profiles_count,
        cast(count(*) as bigint) * (count(*) - 1) / 2 as pairs_count,
        -- Sizes in steps of powers of two.
        cast(ceil(log2(count(*))) as integer) as size_step
    from keys
    group by block
    having count(*) between 2 and {{ largest_block }}
),

steps as (
    select
        rule_number,
        size_step,
        sum(sum(pairs_count)) over (partition by rule_number order by size_step) as pairs_count
    from blocks
    group by rule_number, size_step
),

budgets as (
    {%- for rule in rules %}
        select
            {{ loop.index }} as rule_number,
            greatest(300000, {{ rule.pairs_per_profile }} * profiles_count) as pairs_count
        from size
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

affordable as (
    select
        steps.rule_number,
        max(steps.size_step) as size_step
    from steps
    inner join budgets
        on steps.rule_number = budgets.rule_number and steps.pairs_count <= budgets.pairs_count
    group by steps.rule_number
)

select
    keys.profile_id,
    keys.rule_number,
    keys.block
from keys
inner join blocks on keys.block = blocks.block
inner join affordable
    on blocks.rule_number = affordable.rule_number and blocks.size_step <= affordable.size_step

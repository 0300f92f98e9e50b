{{ config(materialized='whole') }}

{%- set before_columns = {'rule_number': 'integer', 'affordable_step': 'integer'} %}

with sizes as (select * from {{ ref('identity_block_sizes') }}),

profiles as (select count(*) as profiles_count from {{ ref('identity_profiles') }}),

before as (
    {{ rows_before('identity_block_budgets', before_columns) }}
),

steps as (
    select
        rule_number,
        {{ size_step('profiles_count') }} as size_step,
        sum(cast(profiles_count as bigint) * (profiles_count - 1) / 2) as pairs_count
    from sizes
    where {{ is_usable_block('profiles_count') }}
    group by rule_number, {{ size_step('profiles_count') }}
),

summed as (
    select
        rule_number,
        size_step,
        sum(pairs_count) over (partition by rule_number order by size_step) as pairs_count
    from steps
),

budgets as (
    {%- for rule in var('blocking_rules') %}
        select
            {{ loop.index }} as rule_number,
            greatest(300000, {{ rule.pairs_per_profile }} * profiles_count) as pairs_count
        from profiles
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

affordable as (
    select
        budgets.rule_number,
        coalesce(max(summed.size_step), 0) as affordable_step
    from budgets
    left join summed
        on budgets.rule_number = summed.rule_number
        and budgets.pairs_count >= summed.pairs_count
    group by budgets.rule_number
)

select
    affordable.rule_number,
    affordable.affordable_step,
    coalesce(before.affordable_step, 0) as affordable_step_before
from affordable
left join before on affordable.rule_number = before.rule_number

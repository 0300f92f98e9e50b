with keys as (select * from {{ ref('identity_block_keys') }}),

profiles as (select count(*) as profiles_count from {{ ref('identity_profiles') }}),

sizes as (
    select
        block,
        min(rule_number) as rule_number,
        count(*) as profiles_count,
        {{ size_step('count(*)') }} as size_step
    from keys
    group by block
    having {{ is_usable_block('count(*)') }}
),

steps as (
    select
        rule_number,
        size_step,
        sum(cast(profiles_count as bigint) * (profiles_count - 1) / 2) as pairs_count
    from sizes
    group by rule_number, size_step
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
        {%- endif %}
    {%- endfor %}
),

-- Of each rule the small blocks first, up to the size that its budget can afford.
affordable as (
    select
        summed.rule_number,
        max(summed.size_step) as size_step
    from summed
    inner join budgets on summed.rule_number = budgets.rule_number
    where summed.pairs_count <= budgets.pairs_count
    group by summed.rule_number
)

select
    sizes.block,
    sizes.rule_number,
    sizes.profiles_count
from sizes
inner join affordable
    on sizes.rule_number = affordable.rule_number
    and sizes.size_step <= affordable.size_step

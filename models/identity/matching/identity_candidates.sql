with profiles as (select * from {{ ref('identity_profiles') }}),

keys as (
    {{ block_keys('profiles') }}
),

size as (select count(*) as profiles_count from profiles),

-- Blocks of more profiles than any rule should compare are left out; the others come in steps of
-- powers of two.
sizes as (
    select
        block,
        min(rule_number) as rule_number,
        count(*) as profiles_count,
        cast(ceil(log2(count(*))) as integer) as size_step
    from keys
    group by block
    having count(*) between 2 and {{ largest_block() }}
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
            greatest({{ least_budget() }}, {{ rule.pairs_per_profile }} * profiles_count)
                as pairs_count
        from size
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
),

blocks as (
    select keys.*
    from keys
    inner join sizes on keys.block = sizes.block
    inner join affordable
        on sizes.rule_number = affordable.rule_number
        and sizes.size_step <= affordable.size_step
),

pairs as (
    select
        one.profile_id as profile_a,
        other.profile_id as profile_b,
        min(one.rule_number) as rule_number,
        min(one.cluster) = min(other.cluster) as is_linked
    from blocks as one
    inner join blocks as other
        on one.block = other.block and one.profile_id < other.profile_id
    group by one.profile_id, other.profile_id
)

select
    profile_a,
    profile_b,
    {{ blocking_rule_name('rule_number') }} as blocking_rule,
    is_linked
from pairs

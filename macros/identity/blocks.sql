{#-
    The blocks in which the profiles of a relation (columns of identity_profiles) are compared: a row for each profile and rule of
    the var blocking_rules whose block is used: profile_id, cluster, rule_number and block, a number of this run.
-#}
{% macro used_blocks(profiles) -%}
with keys as (
    {{ _block_keys(profiles) }}
),

size as (select count(*) as profiles_count from {{ profiles }}),

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
)

select
    keys.profile_id,
    keys.cluster,
    keys.rule_number,
    keys.block
from keys
inner join sizes on keys.block = sizes.block
inner join affordable
    on sizes.rule_number = affordable.rule_number
    and sizes.size_step <= affordable.size_step
{%- endmacro %}

{#- A row for each of the var blocking_rules of which a profile has all keys. -#}
{% macro _block_keys(profiles) -%}
    {%- for rule in var('blocking_rules') %}
        select
            profile_id,
            cluster,
            {{ loop.index }} as rule_number,
            {{ hash64(([loop.index] + rule["keys"]) | join(', ')) }} as block
        from {{ profiles }}
        where
            {{ rule["keys"] | join(" <> ''\n            and ") }} <> ''
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
{%- endmacro %}

{#- The name of a rule by its number. -#}
{% macro blocking_rule_name(rule_number) -%}
    case {{ rule_number }}
        {%- for rule in var('blocking_rules') %}
        when {{ loop.index }} then '{{ rule.name }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- A block of more profiles is none: what they agree in tells next to nothing. -#}
{% macro largest_block() -%}
    512
{%- endmacro %}

{#- So many pairs a rule may propose, however few profiles there are. -#}
{% macro least_budget() -%}
    300000
{%- endmacro %}

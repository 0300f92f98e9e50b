{#- The blocks of the profiles of a relation: a row for each of the var blocking_rules of which a profile has all keys. -#}
{% macro block_keys(profiles, keep=[]) -%}
    {%- for rule in var('blocking_rules') %}
        select
            profile_id,
            {%- for column in keep %}
            {{ column }},
            {%- endfor %}
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

{#- Sizes of blocks in steps of powers of two. -#}
{% macro size_step(profiles_count) -%}
    cast(ceil(log2(greatest({{ profiles_count }}, 1))) as integer)
{%- endmacro %}

{#- Whether so many profiles are a block that may be compared at all. -#}
{% macro is_usable_block(profiles_count) -%}
    {{ profiles_count }} between 2 and 512
{%- endmacro %}

{#- Whether pairs of a block are compared: it is not too large, and its rule can afford blocks of that size. -#}
{% macro is_used_block(profiles_count, affordable_step) -%}
    ({{ is_usable_block(profiles_count) }} and {{ size_step(profiles_count) }} <= {{ affordable_step }})
{%- endmacro %}

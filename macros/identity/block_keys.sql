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

{#- The name of a rule by its number. -#}
{% macro blocking_rule_name(rule_number) -%}
    case {{ rule_number }}
        {%- for rule in var('blocking_rules') %}
        when {{ loop.index }} then '{{ rule.name }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- The blocks of the profiles of a relation: a row for each of the var blocking_rules of which a profile has all keys. -#}
{% macro block_keys(profiles) -%}
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

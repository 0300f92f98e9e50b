{#- Schemas are named as in the contract, on every target: raw, rules, staging, identity, … -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

{% macro hash64(expression) -%}
    {{ return(adapter.dispatch('hash64', 'penpal')(expression)) }}
{%- endmacro %}

{% macro duckdb__hash64(expression) -%}
    hash({{ expression }})
{%- endmacro %}

{% macro spark__hash64(expression) -%}
    xxhash64({{ expression }})
{%- endmacro %}

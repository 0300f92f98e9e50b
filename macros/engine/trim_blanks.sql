{% macro trim_blanks(expression) -%}
    {{ return(adapter.dispatch('trim_blanks', 'penpal')(expression)) }}
{%- endmacro %}

{#- DuckDB's trim takes every blank of Unicode (class Zs), Spark's only the one of ASCII. -#}
{% macro duckdb__trim_blanks(expression) -%}
    trim({{ expression }})
{%- endmacro %}

{% macro spark__trim_blanks(expression) -%}
    regexp_replace({{ expression }}, r'^\p{Zs}+|\p{Zs}+$', '')
{%- endmacro %}

{% macro split_rows(expression, separator) -%}
    {{ return(adapter.dispatch('split_rows', 'penpal')(expression, separator)) }}
{%- endmacro %}

{% macro duckdb__split_rows(expression, separator) -%}
    unnest(string_split({{ expression }}, '{{ separator }}'))
{%- endmacro %}

{% macro spark__split_rows(expression, separator) -%}
    explode(split({{ expression }}, r'\Q{{ separator }}\E'))
{%- endmacro %}

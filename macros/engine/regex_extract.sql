{% macro regex_extract(expression, pattern, group=1) -%}
    {{ return(adapter.dispatch('regex_extract', 'penpal')(expression, pattern, group)) }}
{%- endmacro %}

{% macro duckdb__regex_extract(expression, pattern, group=1) -%}
    nullif(regexp_extract({{ expression }}, '{{ pattern }}', {{ group }}), '')
{%- endmacro %}

{% macro spark__regex_extract(expression, pattern, group=1) -%}
    nullif(regexp_extract({{ expression }}, r'{{ pattern }}', {{ group }}), '')
{%- endmacro %}

{% macro is_json(expression) -%}
    {{ return(adapter.dispatch('is_json', 'penpal')(expression)) }}
{%- endmacro %}

{% macro duckdb__is_json(expression) -%}
    (coalesce(json_valid({{ expression }}), false) and substr({{ expression }}, 1, 1) = '{')
{%- endmacro %}

{% macro spark__is_json(expression) -%}
    (try_parse_json({{ expression }}) is not null and substr({{ expression }}, 1, 1) = '{')
{%- endmacro %}

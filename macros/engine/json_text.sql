{% macro json_text(expression, path) -%}
    {{ return(adapter.dispatch('json_text', 'penpal')(expression, path)) }}
{%- endmacro %}

{% macro duckdb__json_text(expression, path) -%}
    case when json_valid({{ expression }}) then json_extract_string({{ expression }}, '$.{{ path }}') end
{%- endmacro %}

{% macro spark__json_text(expression, path) -%}
    get_json_object({{ expression }}, '$.{{ path }}')
{%- endmacro %}

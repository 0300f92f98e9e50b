{#- The first of several keys of JSON text that has a value, as text. -#}
{% macro json_any(expression, paths) -%}
    coalesce({% for path in paths %}{{ json_text(expression, path) }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

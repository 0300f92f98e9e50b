{#- A list in one text, separated by semicolons: no blanks around them, none empty at the ends or between; null for none. -#}
{% macro id_list(expression) -%}
    nullif({{ regex_replace(regex_replace(expression, '[ ;]*;[ ;]*', ';'), '^[ ;]+|[ ;]+$', '') }}, '')
{%- endmacro %}

{#- A list in one text, separated by semicolons: no blanks around them, none empty at the ends or between. -#}
{% macro id_list(expression) -%}
    {{ regex_replace(regex_replace(expression, '[ ;]*;[ ;]*', ';'), '^[ ;]+|[ ;]+$', '') }}
{%- endmacro %}

{#- A number from 0 to below 1 that a text always has, on every engine: texts are spread evenly. -#}
{% macro hash_share(text) -%}
    (cast({{ text_number(text) }} % 1000000000 as double) / 1000000000)
{%- endmacro %}

{#- A time before every event; stands for "never" where greatest() must not meet a null. -#}
{% macro long_ago() -%}
    cast('1900-01-01 00:00:00' as timestamp)
{%- endmacro %}

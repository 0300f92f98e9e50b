{#- A cart counts as left after this much silence. -#}
{% macro cart_idle_minutes() -%}
    {{ return(30) }}
{%- endmacro %}

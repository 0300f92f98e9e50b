{#- A customer counts as inactive after this many days of silence. -#}
{% macro inactive_days() -%}
    {{ return(90) }}
{%- endmacro %}

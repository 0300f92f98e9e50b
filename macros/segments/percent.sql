{#- A share in whole per cent: '17 %'. -#}
{% macro percent(share) -%}
    cast(cast(round(100 * {{ share }}) as integer) as {{ dbt.type_string() }}) || ' %'
{%- endmacro %}

{#- A number with its noun: '1 item', '2 items'. -#}
{% macro counted(number, noun) -%}
    cast({{ number }} as {{ dbt.type_string() }}) || ' {{ noun }}'
    || case when {{ number }} = 1 then '' else 's' end
{%- endmacro %}

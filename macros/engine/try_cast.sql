{% macro try_cast(expression, type) -%}
    {{ return(adapter.dispatch('try_cast', 'penpal')(expression, type)) }}
{%- endmacro %}

{% macro default__try_cast(expression, type) -%}
    try_cast({{ expression }} as {{ type }})
{%- endmacro %}

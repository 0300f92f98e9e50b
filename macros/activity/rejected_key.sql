{#- A key of a row that staging rejected: its own may be missing, or another row's. -#}
{% macro rejected_key(columns) -%}
    'rejected'
    {%- for column in columns %} || ':' || coalesce(cast({{ column }} as {{ dbt.type_string() }}), '') {%- endfor %}
{%- endmacro %}

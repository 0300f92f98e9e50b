{#- A day as text, in any form that parse_timestamp knows; an hour in it is dropped, whatever its zone. -#}
{% macro parse_date(expression) -%}
    cast({{ parse_timestamp(
        "case when " ~ expression ~ " like '____-__-__%' then substr(" ~ expression ~ ", 1, 10) else "
        ~ expression ~ " end"
    ) }} as date)
{%- endmacro %}

{% macro json_quote(expression) -%}
    {{ return(adapter.dispatch('json_quote', 'penpal')(expression)) }}
{%- endmacro %}

{% macro duckdb__json_quote(expression) -%}
    cast(to_json(cast({{ expression }} as varchar)) as varchar)
{%- endmacro %}

{% macro spark__json_quote(expression) -%}
    case
        when {{ expression }} is not null
            then regexp_extract(
                to_json(named_struct('v', cast({{ expression }} as string))), r'(?s)^\{"v":(.*)\}$', 1
            )
    end
{%- endmacro %}

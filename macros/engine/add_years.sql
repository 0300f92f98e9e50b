{% macro add_years(date, years) -%}
    {{ return(adapter.dispatch('add_years', 'penpal')(date, years)) }}
{%- endmacro %}

{% macro duckdb__add_years(date, years) -%}
    cast({{ date }} + to_years(cast({{ years }} as integer)) as date)
{%- endmacro %}

{% macro spark__add_years(date, years) -%}
    add_months({{ date }}, cast(12 * ({{ years }}) as int))
{%- endmacro %}

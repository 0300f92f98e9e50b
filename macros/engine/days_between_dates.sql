{% macro days_between_dates(earlier, later) -%}
    {{ return(adapter.dispatch('days_between_dates', 'penpal')(earlier, later)) }}
{%- endmacro %}

{% macro duckdb__days_between_dates(earlier, later) -%}
    date_diff('day', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro spark__days_between_dates(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}

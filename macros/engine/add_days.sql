{% macro add_days(timestamp, days) -%}
    {{ return(adapter.dispatch('add_days', 'penpal')(timestamp, days)) }}
{%- endmacro %}

{% macro duckdb__add_days(timestamp, days) -%}
    ({{ timestamp }} + to_days(cast({{ days }} as integer)))
{%- endmacro %}

{% macro spark__add_days(timestamp, days) -%}
    timestampadd(day, {{ days }}, {{ timestamp }})
{%- endmacro %}

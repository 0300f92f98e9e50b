{% macro to_local(timestamp, timezone) -%}
    {{ return(adapter.dispatch('to_local', 'penpal')(timestamp, timezone)) }}
{%- endmacro %}

{% macro duckdb__to_local(timestamp, timezone) -%}
    timezone({{ timezone }}, timezone('UTC', {{ timestamp }}))
{%- endmacro %}

{% macro spark__to_local(timestamp, timezone) -%}
    from_utc_timestamp({{ timestamp }}, {{ timezone }})
{%- endmacro %}

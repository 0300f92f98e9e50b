{#-
    A moment in ISO form, perhaps with an offset ('2026-06-15 05:30:00-0400'), as UTC; text without an offset is UTC (the
    session's time zone is UTC on every target). Null for a day or an hour that does not exist.
-#}
{% macro iso_timestamp(expression) -%}
    {{ return(adapter.dispatch('iso_timestamp', 'penpal')(expression)) }}
{%- endmacro %}

{#- A cast to plain timestamp would drop an offset silently, hence timestamptz. -#}
{% macro duckdb__iso_timestamp(expression) -%}
    timezone('UTC', try_cast({{ expression }} as timestamptz))
{%- endmacro %}

{% macro spark__iso_timestamp(expression) -%}
    try_cast(regexp_replace(
        regexp_replace(
            regexp_replace({{ expression }}, r'([T ][0-9]{2}:[0-9]{2})([Z+-].*)$', '$1:00$2'),
            r'(:[0-9.]+[+-][0-9]{2})$', '$1:00'
        ),
        r'([+-][0-9]{2})([0-9]{2})$', '$1:$2'
    ) as timestamp)
{%- endmacro %}

{#- Microseconds since 1970 as a moment in UTC. -#}
{% macro epoch_timestamp(microseconds) -%}
    {{ return(adapter.dispatch('epoch_timestamp', 'penpal')(microseconds)) }}
{%- endmacro %}

{% macro duckdb__epoch_timestamp(microseconds) -%}
    make_timestamp({{ microseconds }})
{%- endmacro %}

{% macro spark__epoch_timestamp(microseconds) -%}
    timestamp_micros({{ microseconds }})
{%- endmacro %}

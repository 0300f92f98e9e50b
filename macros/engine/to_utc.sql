{% macro to_utc(timestamp, timezone) -%}
    {{ return(adapter.dispatch('to_utc', 'penpal')(timestamp, timezone)) }}
{%- endmacro %}

{#- ICU takes the second of two equal local times (clock set back): take the first, as Spark does. -#}
{% macro duckdb__to_utc(timestamp, timezone) -%}
    {%- set utc = "timezone('UTC', timezone(" ~ timezone ~ ", " ~ timestamp ~ "))" -%}
    case
        when timezone({{ timezone }}, timezone('UTC', {{ utc }} - to_hours(1))) = {{ timestamp }}
            then {{ utc }} - to_hours(1)
        else {{ utc }}
    end
{%- endmacro %}

{% macro spark__to_utc(timestamp, timezone) -%}
    to_utc_timestamp({{ timestamp }}, {{ timezone }})
{%- endmacro %}

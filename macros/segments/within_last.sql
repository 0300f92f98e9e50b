{#- True from the far end of the time up to the clock: the clock itself is in, the far end is not. -#}
{% macro within_last(timestamp, days=0, hours=0, minutes=0) -%}
    {%- set seconds = 86400 * days + 3600 * hours + 60 * minutes -%}
    (
        {{ timestamp }} > {{ add_seconds(as_of(), -seconds) }}
        and {{ timestamp }} <= {{ as_of() }}
    )
{%- endmacro %}

{#- True as well where it never happened. -#}
{% macro not_within_last(timestamp, days=0, hours=0, minutes=0) -%}
    not coalesce({{ within_last(timestamp, days, hours, minutes) }}, false)
{%- endmacro %}

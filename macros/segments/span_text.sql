{#- A number of seconds in words that stay short: '45 min', '3 h', '12 days'. -#}
{% macro span_text(seconds) -%}
    case
        when {{ seconds }} < 2 * 3600
            then cast(cast(floor({{ seconds }} / 60) as bigint) as {{ dbt.type_string() }}) || ' min'
        when {{ seconds }} < 2 * 86400
            then cast(cast(floor({{ seconds }} / 3600) as bigint) as {{ dbt.type_string() }}) || ' h'
        else
            cast(cast(floor({{ seconds }} / 86400) as bigint) as {{ dbt.type_string() }}) || ' days'
    end
{%- endmacro %}

{#- How long ago a timestamp was, in the same words. -#}
{% macro ago(timestamp) -%}
    {{ span_text(seconds_between(timestamp, as_of())) }} || ' ago'
{%- endmacro %}

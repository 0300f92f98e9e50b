{#- The clock as text 'YYYY-MM-DD HH:MM:SS[.ffffff]', UTC. -#}
{% macro as_of_text() -%}
    {%- set given = var('as_of') | string | trim -%}
    {%- if given -%}
        {%- set text = given | replace('T', ' ') | replace('Z', '') -%}
        {%- if not modules.re.match('^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?$', text) -%}
            {{ exceptions.raise_compiler_error(
                "var as_of is '" ~ given ~ "': give a UTC time like 2026-06-15 12:00:00."
            ) }}
        {%- endif -%}
        {{- text ~ ' 00:00:00' if text | length == 10 else (text ~ ':00' if text | length == 16 else text) -}}
    {%- elif var('raw_data') == 'sample' -%}
        2026-06-15 12:00:00
    {%- else -%}
        {{- run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f') -}}
    {%- endif -%}
{%- endmacro %}

{#- The day of the clock, for what changes from day to day only. -#}
{% macro as_of_day() -%}
    cast('{{ (as_of_text() | trim)[:10] }}' as date)
{%- endmacro %}

{#- The one clock: every time window is measured from it, and nothing else tells the time. -#}
{% macro as_of() -%}
    cast('{{ as_of_text() }}' as timestamp)
{%- endmacro %}

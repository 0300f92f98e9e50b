{% macro parse_timestamp(expression) -%}
    {{ return(adapter.dispatch('parse_timestamp', 'penpal')(expression)) }}
{%- endmacro %}

{#-
    Text without an offset is UTC (the session's time zone is UTC on every target). A cast to plain timestamp
    would drop an offset silently, hence timestamptz.
-#}
{% macro duckdb__parse_timestamp(expression) -%}
    {%- set slash = ['%m/%d/%Y', '%d/%m/%Y'] if var('slash_dates') == 'mdy' else ['%d/%m/%Y', '%m/%d/%Y'] -%}
    {%- set formats = [] -%}
    {%- for date in ['%d.%m.%Y'] + slash + ['%Y/%m/%d', '%Y%m%d'] -%}
        {%- do formats.extend([date ~ ' %H:%M:%S', date ~ ' %H:%M', date ~ ' %I:%M %p', date]) -%}
    {%- endfor -%}
    case
        when regexp_matches({{ expression }}, '^\d{4}-\d{2}-\d{2}')
            then timezone('UTC', try_cast({{ expression }} as timestamptz))
        when regexp_full_match({{ expression }}, '\d{10}')
            then make_timestamp(cast({{ expression }} as bigint) * 1000000)
        when regexp_full_match({{ expression }}, '\d{13}')
            then make_timestamp(cast({{ expression }} as bigint) * 1000)
        -- %Y also takes '26' as the year 26.
        when regexp_matches({{ expression }}, '^(\d{4}|\d{1,2}[./]\d{1,2}[./]\d{4})')
            then try_strptime({{ expression }}, ['{{ formats | join("', '") }}'])
    end
{%- endmacro %}

{% macro spark__parse_timestamp(expression) -%}
    {%- set slash = ['M/d/yyyy', 'd/M/yyyy'] if var('slash_dates') == 'mdy' else ['d/M/yyyy', 'M/d/yyyy'] -%}
    case
        when {{ expression }} rlike r'^\d{4}-\d{2}-\d{2}'
            then try_cast(regexp_replace({{ expression }}, r'([+-]\d{2})(\d{2})$', '$1:$2') as timestamp)
        when {{ expression }} rlike r'^\d{10}\z'
            then timestamp_micros(cast({{ expression }} as bigint) * 1000000)
        when {{ expression }} rlike r'^\d{13}\z'
            then timestamp_micros(cast({{ expression }} as bigint) * 1000)
        else coalesce(
            {%- for date in ['d.M.yyyy'] + slash + ['yyyy/M/d', 'yyyyMMdd'] %}
            {%- set last_date = loop.last %}
            {%- for time in [' H:mm:ss', ' H:mm', ' h:mm a', ''] %}
            try_to_timestamp({{ expression }}, '{{ date ~ time }}'){{ ',' if not (last_date and loop.last) }}
            {%- endfor %}
            {%- endfor %}
        )
    end
{%- endmacro %}

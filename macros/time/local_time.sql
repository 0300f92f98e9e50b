{#- A moment as people read it: '2026-05-02 10:11 UTC'. -#}
{% macro utc_text(timestamp) -%}
    substr(cast({{ timestamp }} as {{ dbt.type_string() }}), 1, 16) || ' UTC'
{%- endmacro %}

{#- Minutes since midnight, of a time of day as rules write it: '21:30' is 1290. -#}
{% macro minutes_of(time) -%}
    (cast(substr({{ time }}, 1, 2) as integer) * 60 + cast(substr({{ time }}, 4, 2) as integer))
{%- endmacro %}

{#- Whether a clock on the wall is between two times of day, perhaps over midnight; null where a time is not given. -#}
{% macro is_between_hours(local, from_time, to_time) -%}
    {%- set minutes = '(extract(hour from ' ~ local ~ ') * 60 + extract(minute from ' ~ local ~ '))' -%}
    case
        when {{ minutes_of(from_time) }} < {{ minutes_of(to_time) }}
            then {{ minutes }} >= {{ minutes_of(from_time) }} and {{ minutes }} < {{ minutes_of(to_time) }}
        when {{ minutes_of(from_time) }} > {{ minutes_of(to_time) }}
            then {{ minutes }} >= {{ minutes_of(from_time) }} or {{ minutes }} < {{ minutes_of(to_time) }}
    end
{%- endmacro %}

{#-
    The first moment (UTC) after another at which clocks of a time zone show so many minutes after midnight. Of a time that
    a night in autumn has twice it is the next one. Of a time that a night in spring leaves out it is the moment at which
    clocks jump over it. `local` is the moment as those clocks show it, a column as `moment` and `timezone` are.
-#}
{% macro next_local_moment(moment, local, timezone, minutes) -%}
    {%- set same_offset = add_seconds('shown', 'offset_seconds') -%}
    {%- set jump -%}
        case
            {%- for quarters in [4, 3, 2, 1] %}
            when {{ to_local(add_seconds('guess', -900 * quarters), timezone) }} >= shown
                then {{ add_seconds('guess', -900 * quarters) }}
            {%- endfor %}
            else guess
        end
    {%- endset -%}
    {%- set next_one -%}
        case
            when {{ to_local(same_offset, timezone) }} = shown then {{ same_offset }}
            else {{ with_value('guess', to_utc('shown', timezone),
                'case when ' ~ to_local('guess', timezone) ~ ' > shown then ' ~ jump ~ ' else guess end'
            ) }}
        end
    {%- endset -%}
    {%- set found -%}
        case
            {#- Set back, clocks show it once more today. -#}
            {%- for seconds in [1800, 3600] %}
            {%- set again = add_seconds('today_at', 'offset_seconds + ' ~ seconds) %}
            when today_at <= {{ local }} and {{ again }} > {{ moment }} and {{ to_local(again, timezone) }} = today_at
                then {{ again }}
            {%- endfor %}
            else {{ with_value('shown',
                'case when today_at > ' ~ local ~ ' then today_at else ' ~ add_days('today_at', 1) ~ ' end', next_one
            ) }}
        end
    {%- endset -%}
    {{ with_value('today_at', add_seconds('cast(cast(' ~ local ~ ' as date) as timestamp)', '60 * ' ~ minutes),
        with_value('offset_seconds', seconds_between(local, moment), found)
    ) }}
{%- endmacro %}

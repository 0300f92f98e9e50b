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
    {%- set today = add_seconds('cast(cast(' ~ local ~ ' as date) as timestamp)', '60 * ' ~ minutes) -%}
    {%- set same_offset = add_seconds('shown', seconds_between(local, moment)) -%}
    {%- set jump -%}
        case
            {%- for quarters in [4, 3, 2, 1] %}
            when {{ to_local(add_seconds('guess', -900 * quarters), timezone) }} >= shown
                then {{ add_seconds('guess', -900 * quarters) }}
            {%- endfor %}
            else guess
        end
    {%- endset -%}
    {%- set after_a_change -%}
        case when {{ to_local('guess', timezone) }} > shown then {{ jump }} else guess end
    {%- endset -%}
    {#- Set back, clocks show it once more today. -#}
    {%- set again = [] -%}
    {%- for seconds in [1800, 3600] -%}
        {%- do again.append(add_seconds(today, seconds_between(local, moment) ~ ' + ' ~ seconds)) -%}
    {%- endfor -%}
    case
        {%- for later in again %}
        when {{ today }} <= {{ local }} and {{ later }} > {{ moment }} and {{ to_local(later, timezone) }} = {{ today }}
            then {{ later }}
        {%- endfor %}
        else {{ with_value('shown', 'case when ' ~ today ~ ' > ' ~ local ~ ' then ' ~ today ~ ' else ' ~ add_days(today, 1) ~ ' end',
        'case when ' ~ to_local(same_offset, timezone) ~ ' = shown then ' ~ same_offset ~ ' else '
        ~ with_value('guess', to_utc('shown', timezone), after_a_change) ~ ' end'
    ) }}
    end
{%- endmacro %}

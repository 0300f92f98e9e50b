{#- 1 in the N days up to the clock (the clock itself included, the far end not), else 0. Another clock looks back from it. -#}
{% macro in_last_days(timestamp, days, clock=none) -%}
    {%- set clock = clock or as_of() -%}
    case
        when {{ timestamp }} > {{ add_days(clock, -days) }} and {{ timestamp }} <= {{ clock }} then 1
        else 0
    end
{%- endmacro %}

{#- Whole days of 24 hours from a timestamp to the clock; 0 for one after it, null for null. -#}
{% macro days_since(timestamp, clock=none) -%}
    {%- set clock = clock or as_of() -%}
    case
        when {{ timestamp }} > {{ clock }} then 0
        else cast(floor({{ seconds_between(timestamp, clock) }} / 86400.0) as integer)
    end
{%- endmacro %}

{#- Age in whole years; born on 29 February, one grows older on 28 February of a common year. -#}
{% macro age_on(birth_date, day) -%}
    {%- set years = "extract(year from " ~ day ~ ") - extract(year from " ~ birth_date ~ ")" -%}
    cast(
        {{ years }} - case when {{ add_years(birth_date, years) }} > {{ day }} then 1 else 0 end as integer
    )
{%- endmacro %}

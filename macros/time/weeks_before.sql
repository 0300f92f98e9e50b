{#- The days before a day within which the same weekday is looked for: eight weeks. -#}
{% macro days_of_weeks_before() -%}
    {{ return(56) }}
{%- endmacro %}

{#- Whether a date is the same weekday as another, one to eight weeks before it. -#}
{% macro is_weeks_before(earlier, day) -%}
    {{ days_between_dates(earlier, day) }}
    in ({{ range(7, days_of_weeks_before() + 1, 7) | join(', ') }})
{%- endmacro %}

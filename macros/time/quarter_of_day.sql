{#- 'hours 06-12': the quarter of the day, UTC, that a time lies in. -#}
{% macro quarter_of_day(at) -%}
    case
        when extract(hour from {{ at }}) < 6 then 'hours 00-06'
        when extract(hour from {{ at }}) < 12 then 'hours 06-12'
        when extract(hour from {{ at }}) < 18 then 'hours 12-18'
        else 'hours 18-24'
    end
{%- endmacro %}

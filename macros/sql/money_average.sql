{#-
    Money divided by a count, rounded half up to cents. In whole numbers, because engines divide decimals with
    different scales and then round 34.745 to different sides.
-#}
{% macro money_average(total, count) -%}
    {%- set cents = "cast(" ~ total ~ " * 100 as double)" -%}
    {%- set doubled = "(2 * cast(" ~ count ~ " as double))" -%}
    cast(floor((2 * {{ cents }} + {{ count }}) / {{ doubled }}) / 100 as decimal(18, 2))
{%- endmacro %}

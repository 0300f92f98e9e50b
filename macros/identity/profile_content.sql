{#-
    All that a profile is compared by, as a number: the same for the same values, in every run and on every engine, and next
    to never for others.
-#}
{% macro profile_content() -%}
    {%- set values = [] -%}
    {%- for column in compared_columns().values() -%}
        {%- do values.append("coalesce(" ~ column ~ ", '~')") -%}
    {%- endfor -%}
    {{ text_number(values | join(" || '|' || ")) }}
{%- endmacro %}

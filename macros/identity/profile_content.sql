{#-
    What a profile is compared by, as a number: the same for the same values, in every run and on every engine, and next to
    never for others. Not of it: the country, which nothing compares.
-#}
{% macro profile_content() -%}
    {%- set columns = [
        'first_names', 'last_names', 'given_name', 'name_suffix', 'birth_date_key', 'gender', 'street', 'house_number',
        'street_name', 'city', 'postal_code', 'email', 'phone',
    ] -%}
    {%- set values = [] -%}
    {%- for column in columns -%}
        {%- do values.append("coalesce(" ~ column ~ ", '~')") -%}
    {%- endfor -%}
    {{ text_number(values | join(" || '|' || ")) }}
{%- endmacro %}

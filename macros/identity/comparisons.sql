{#- The fields that two profiles are compared in, in the order of the waterfall. See compare_profiles. -#}
{% macro comparisons() -%}
    {{ return([
        'first_name', 'last_name', 'birth_date', 'location', 'city', 'street', 'email', 'phone', 'gender'
    ]) }}
{%- endmacro %}

{#- The values of a profile whose rarity counts, each with its column in identity_profiles. -#}
{% macro profile_terms() -%}
    {{ return({
        'first_name': 'first_name',
        'last_name': 'last_name',
        'birth_date': 'birth_date_key',
        'street': 'street',
        'city': 'city',
        'postal_code': 'postal_code',
        'email': 'email',
        'phone': 'phone',
    }) }}
{%- endmacro %}

{#- Those that are common in one country and rare in the next: they are counted in each country as well. -#}
{% macro national_terms() -%}
    {{ return(['first_name', 'last_name']) }}
{%- endmacro %}

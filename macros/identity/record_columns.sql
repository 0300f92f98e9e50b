{#-
    What a record may tell of its person, in the order of identity_records: the columns of the known parts (name, birth,
    place) as they are, the others null. Sources know a part of it each.
-#}
{% macro record_columns(known=[]) -%}
    {%- set text = dbt.type_string() -%}
    {%- set parts = {
        'name': {'first_name_key': text, 'last_name_key': text},
        'birth': {'birth_date': 'date', 'birth_date_key': text, 'gender': text},
        'place': {'street_key': text, 'city_key': text, 'postal_code': text, 'country': text},
    } -%}
    {%- set columns = [] -%}
    {%- for part, types in parts.items() -%}
        {%- for name, type in types.items() -%}
            {%- do columns.append(name if part in known else 'cast(null as ' ~ type ~ ') as ' ~ name) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ columns | join(',\n        ') }}
{%- endmacro %}

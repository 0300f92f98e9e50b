{{ config(materialized='whole') }}

{%- set text = dbt.type_string() %}
{%- set columns = {'profile_id': 'bigint'} %}
{%- for name in [
    'record_key', 'cluster', 'first_names', 'last_names', 'first_name', 'last_name', 'given_name', 'name_low', 'name_high',
    'name_suffix', 'birth_date_key', 'gender', 'street', 'house_number', 'street_name', 'city', 'postal_code', 'email',
    'email_local_part', 'phone', 'country',
] %}
    {%- do columns.update({name: text}) %}
{%- endfor %}

with touched as (select * from {{ ref('identity_touched') }}),

before as (
    {{ rows_before('identity_profiles', columns) }}
)

select before.*
from before
inner join touched on before.record_key = touched.record_key
where not {{ run_is_full() | lower }}

{{ config(materialized='whole') }}

{%- set text = dbt.type_string() %}
{%- set known_columns = {
    'record_key': text,
    'identifier_type': text,
    'identifier_value': text,
} %}

with occasions as (select * from {{ ref('identity_reread_occasions') }}),

known as (
    {{ rows_before('identity_record_identifiers', known_columns) }}
)

select known.record_key
from known
inner join occasions
    on known.identifier_type = occasions.identifier_type
    and known.identifier_value = occasions.identifier_value
group by known.record_key

{{ config(materialized='whole') }}

{%- set text = dbt.type_string() %}
{%- set known_columns = {
    'record_key': text,
    'identifier_type': text,
    'identifier_value': text,
} %}

with reread as (select * from {{ ref('identity_reread_records') }}),

known as (
    {{ rows_before('identity_record_identifiers', known_columns) }}
)

select
    known.identifier_type,
    known.identifier_value
from known
inner join reread on known.record_key = reread.record_key
group by known.identifier_type, known.identifier_value

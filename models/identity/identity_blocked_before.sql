{{ config(materialized='whole') }}

{%- set text = dbt.type_string() %}
{%- set columns = {'identifier_type': text, 'identifier_value': text, 'reason': text} %}

{{ rows_before('identity_blocked_values', columns) }}

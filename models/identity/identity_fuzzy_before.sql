{{ config(materialized='whole') }}

{%- set columns = {'node': dbt.type_string(), 'cluster': dbt.type_string()} %}

{{ rows_before('identity_fuzzy_clusters', columns) }}

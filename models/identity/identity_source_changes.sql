{{ config(materialized='whole') }}

-- depends_on: {{ ref('identity_run') }}

{%- set known_columns = {'owner': dbt.type_string(), 'fingerprint': 'bigint'} %}

with source_rows as (select * from {{ ref('identity_source_rows') }}),

known as (
    {{ rows_before('identity_known_sources', known_columns) }}
)

select
    coalesce(source_rows.owner, known.owner) as owner,
    coalesce(source_rows.fingerprint, known.fingerprint) as fingerprint,
    source_rows.fingerprint is null as is_gone
from source_rows
full outer join known on source_rows.fingerprint = known.fingerprint
where
    (source_rows.fingerprint is null or known.fingerprint is null)
    and not {{ run_is_full() | lower }}

{{ config(materialized='whole') }}

{%- set known_columns = {'visitor_key': dbt.type_string(), 'record_key': dbt.type_string()} %}

with changes as (select * from {{ ref('identity_source_changes') }}),

mentions as (select * from {{ ref('identity_mentions') }}),

known as (
    {{ rows_before('identity_visitor_records', known_columns) }}
),

-- What a visitor did tells of everybody who was, or is, seen with it.
concerned as (
    select owner as record_key
    from changes
    where owner not like 'a:%' and owner not like 'u:%' and owner not like 'm:%'
    union
    select mentions.record_key
    from mentions
    inner join changes on mentions.visitor_key = changes.owner
    union
    select known.record_key
    from known
    inner join changes on known.visitor_key = changes.owner
)

select
    record_key,
    split_part(record_key, ':', 1) as source_table,
    substr(record_key, length(split_part(record_key, ':', 1)) + 2) as source_key
from concerned

{{ config(materialized='whole') }}

with run as (select * from {{ ref('identity_run') }}),

identifiers as {{ inline_cte() }} (select * from {{ ref('identity_record_identifiers') }}),

left_values as (select * from {{ ref('identity_left_values') }}),

occasions as (select * from {{ ref('identity_reread_occasions') }}),

reread as (select * from {{ ref('identity_reread_records') }})

select
    identifier_type,
    identifier_value
from left_values
union
select
    identifier_type,
    identifier_value
from occasions
union
select
    identifiers.identifier_type,
    identifiers.identifier_value
from identifiers
inner join reread on identifiers.record_key = reread.record_key
union
-- Other limits or blocked patterns may concern any value.
select
    identifiers.identifier_type,
    identifiers.identifier_value
from identifiers
inner join run on run.has_other_limits and not run.is_full

{{ config(materialized='whole') }}

with changes as (
    select * from {{ ref('identity_source_changes') }}
    where owner like 'a:%'
),

visitor_records as (
    select
        substr(visitor_key, 3) as anonymous_id,
        record_key
    from {{ ref('identity_visitor_records') }}
    where visitor_key like 'a:%' and not {{ run_is_full() | lower }}
),

regrouped as (select * from {{ ref('identity_regrouped') }}),

reassigned as (select * from {{ ref('identity_reassigned') }}),

moved as (
    select record_key from regrouped
    union
    select record_key from reassigned
)

select substr(owner, 3) as anonymous_id
from changes
union
select visitor_records.anonymous_id
from visitor_records
inner join moved on visitor_records.record_key = moved.record_key

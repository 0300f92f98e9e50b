{{ config(materialized='table') }}

with reread as (select * from {{ ref('identity_reread_records') }}),

occasions as (select * from {{ ref('identity_occasions') }}),

left_occasions as (select * from {{ ref('identity_left_occasions') }}),

identifiers as (select * from {{ ref('identity_record_identifiers') }}),

blocked_values as (select * from {{ ref('identity_blocked_values') }}),

blocked_before as (select * from {{ ref('identity_blocked_before') }}),

-- A value that is blocked, or not any more, changes all who have it.
judged_anew as (
    select
        coalesce(blocked_values.identifier_type, blocked_before.identifier_type) as identifier_type,
        coalesce(blocked_values.identifier_value, blocked_before.identifier_value)
            as identifier_value
    from blocked_values
    full outer join blocked_before
        on blocked_values.identifier_type = blocked_before.identifier_type
        and blocked_values.identifier_value = blocked_before.identifier_value
    where coalesce(blocked_values.reason, '') <> coalesce(blocked_before.reason, '')
)

select record_key
from reread
union
-- Whoever was alone in an occasion has nothing of it, until another comes, and when that has gone.
select record_key
from left_occasions
union
select record_key
from occasions
where not {{ run_is_full() | lower }}
union
select identifiers.record_key
from identifiers
inner join judged_anew
    on identifiers.identifier_type = judged_anew.identifier_type
    and identifiers.identifier_value = judged_anew.identifier_value
where not {{ run_is_full() | lower }}

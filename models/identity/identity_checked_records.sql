{{ config(materialized='whole') }}

with reread as (select * from {{ ref('identity_reread_records') }}),

changes as (
    select owner
    from {{ ref('identity_source_changes') }}
    group by owner
),

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
),

checked as (
    -- What a visitor did may change nothing; another row of its own, or a decision, does.
    select
        reread.record_key,
        case when changes.owner is null then 0 else 1 end as is_changed
    from reread
    left join changes on reread.record_key = changes.owner
    union all
    -- Whoever was alone in an occasion has nothing of it, until another comes, and when that
    -- has gone.
    select
        record_key,
        0
    from left_occasions
    union all
    select
        record_key,
        0
    from occasions
    where not {{ run_is_full() | lower }}
    union all
    select
        identifiers.record_key,
        1
    from identifiers
    inner join judged_anew
        on identifiers.identifier_type = judged_anew.identifier_type
        and identifiers.identifier_value = judged_anew.identifier_value
    where not {{ run_is_full() | lower }}
)

select
    record_key,
    max(is_changed) = 1 as is_changed
from checked
group by record_key

{{ config(
    alias='segment_changes',
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
) }}

{%- set columns = {
    'segment': dbt.type_string(),
    'customer_id': dbt.type_string(),
    'is_member': 'boolean',
    'seen_at': 'timestamp',
    'sequence': 'bigint',
} %}

with
    ledger as ({{ ledger_rows('segment_changes', columns) }}),

    memberships as (select segment, customer_id from {{ ref('segment_memberships') }}),

    next_sequence as (select coalesce(max(sequence), 0) + 1 as sequence from ledger),

    -- What was seen at this clock or before: the last word on each customer.
    ranked as (
        select
            segment,
            customer_id,
            is_member,
            row_number() over (
                partition by segment, customer_id order by seen_at desc, sequence desc
            ) as recency
        from ledger
        where seen_at <= {{ as_of() }}
    ),

    members_before as (select segment, customer_id from ranked where recency = 1 and is_member),

    changed as (
        select
            coalesce(memberships.segment, members_before.segment) as segment,
            coalesce(memberships.customer_id, members_before.customer_id) as customer_id,
            memberships.customer_id is not null as is_member
        from memberships
        full outer join
            members_before
            on memberships.segment = members_before.segment
            and memberships.customer_id = members_before.customer_id
        where memberships.customer_id is null or members_before.customer_id is null
    ),

    -- A replay of the past tells of its own moment: what was seen next stays as it was seen.
    seen_next as (select min(seen_at) as seen_at from ledger where seen_at > {{ as_of() }}),

    seen_now as (select count(*) as runs from ledger where seen_at = {{ as_of() }}),

    kept as (
        select
            changed.segment,
            changed.customer_id,
            not changed.is_member as is_member,
            seen_next.seen_at
        from changed
        inner join seen_next on seen_next.seen_at is not null
        left join
            ledger
            on changed.segment = ledger.segment
            and changed.customer_id = ledger.customer_id
            and seen_next.seen_at = ledger.seen_at
        where ledger.seen_at is null
    ),

    appended as (
        select segment, customer_id, is_member, {{ as_of() }} as seen_at
        from changed
        union all
        select segment, customer_id, is_member, seen_at
        from kept
        union all
        -- That somebody looked is told once a clock, also where nothing had changed.
        select null as segment, null as customer_id, null as is_member, {{ as_of() }} as seen_at
        from seen_now
        where runs = 0
    )

select
    appended.segment,
    appended.customer_id,
    appended.is_member,
    appended.seen_at,
    next_sequence.sequence
from appended
cross join next_sequence
union all
select {{ columns | join(', ') }}
from ledger
where {{ 'false' if is_incremental() else 'true' }}

with
    changes as (
        select
            segment,
            customer_id,
            is_member,
            seen_at,
            -- A clock that was run again has several; the last one counts.
            row_number() over (
                partition by segment, customer_id, seen_at order by sequence desc
            ) as recency
        from {{ ref('ledger_segment_changes') }}
        where segment is not null and seen_at <= {{ as_of() }}
    ),

    customer_ids as (select * from {{ ref('customer_id_changes') }}),

    states as (
        select
            segment,
            customer_id,
            is_member,
            seen_at,
            lag(is_member) over (partition by segment, customer_id order by seen_at) as was_member
        from changes
        where recency = 1
    ),

    turns as (
        select
            segment,
            customer_id,
            is_member,
            seen_at as entered_at,
            lead(seen_at) over (partition by segment, customer_id order by seen_at) as left_at
        from states
        where is_member <> coalesce(was_member, false)
    ),

    -- Merged customers bring their spells along.
    stays as (
        select
            turns.segment,
            customer_ids.current_customer_id as customer_id,
            turns.entered_at,
            turns.left_at
        from turns
        inner join customer_ids on turns.customer_id = customer_ids.customer_id
        where turns.is_member and customer_ids.current_customer_id is not null
    ),

    bounded as (
        select
            *,
            max(coalesce(left_at, cast('9999-12-31 00:00:00' as timestamp))) over (
                partition by segment, customer_id
                order by entered_at, coalesce(left_at, cast('9999-12-31 00:00:00' as timestamp))
                rows between unbounded preceding and 1 preceding
            ) as covered_until
        from stays
    ),

    -- Stays that overlap or touch are one spell.
    numbered as (
        select
            *,
            sum(
                case when covered_until is null or entered_at > covered_until then 1 else 0 end
            ) over (
                partition by segment, customer_id
                order by entered_at, coalesce(left_at, cast('9999-12-31 00:00:00' as timestamp))
                rows between unbounded preceding and current row
            ) as spell
        from bounded
    )

select
    segment,
    customer_id,
    min(entered_at) as entered_at,
    case when count(*) = count(left_at) then max(left_at) end as left_at
from numbered
group by segment, customer_id, spell

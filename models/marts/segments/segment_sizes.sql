with
    segments as (select name as segment from {{ ref('segment_catalog') }}),

    history as (select * from {{ ref('segment_membership_history') }}),

    changes as (
        select segment, cast(entered_at as date) as changed_on, 1 as entered, 0 as gone
        from history

        union all

        select segment, cast(left_at as date) as changed_on, 0 as entered, 1 as gone
        from history
        where left_at is not null
    ),

    changes_a_day as (
        select segment, changed_on, sum(entered) as entered_count, sum(gone) as left_count
        from changes
        group by segment, changed_on
    ),

    first_days as (
        select cast(min(seen_at) as date) as first_on
        from {{ ref('ledger_segment_changes') }}
        where seen_at <= {{ as_of() }}
    ),

    -- Ten years, a day a row.
    numbers as ({{ dbt.generate_series(3660) }}),

    days as (
        select
            cast(
                {{ add_days(as_of(), '1 - cast(numbers.generated_number as integer)') }} as date
            ) as day
        from numbers
    ),

    segment_days as (
        select segments.segment, days.day
        from segments
        cross join days
        inner join first_days on first_days.first_on <= days.day
    )

select
    segment_days.segment,
    segment_days.day,
    cast(
        sum(coalesce(changes_a_day.entered_count, 0) - coalesce(changes_a_day.left_count, 0)) over (
            partition by segment_days.segment order by segment_days.day
        ) as bigint
    ) as size,
    cast(coalesce(changes_a_day.entered_count, 0) as bigint) as entered_count,
    cast(coalesce(changes_a_day.left_count, 0) as bigint) as left_count
from segment_days
left join
    changes_a_day
    on segment_days.segment = changes_a_day.segment
    and segment_days.day = changes_a_day.changed_on

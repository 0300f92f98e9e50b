{%- set limits = var('volume_limits') %}

with
    daily_rows as (select * from {{ ref('daily_rows') }}),

    beside as (
        select
            daily_rows.source,
            daily_rows.source_table,
            daily_rows.category,
            daily_rows.day,
            daily_rows.rows_count,
            earlier.rows_count as earlier_count,
            median(earlier.rows_count) over (
                partition by
                    daily_rows.source, daily_rows.source_table, daily_rows.category, daily_rows.day
            ) as usual_count
        from daily_rows
        inner join
            daily_rows as earlier
            on daily_rows.source = earlier.source
            and daily_rows.source_table = earlier.source_table
            and daily_rows.category = earlier.category
            and {{ is_weeks_before('earlier.day', 'daily_rows.day') }}
        where daily_rows.day >= cast({{ add_days(as_of(), -limits.days) }} as date)
    ),

    -- The median distance from the usual, in terms of a standard deviation; counts spread by
    -- their root at least.
    banded as (
        select
            source,
            source_table,
            category,
            day,
            max(rows_count) as rows_count,
            max(usual_count) as usual_count,
            count(*) as weeks_count,
            max(earlier_count) as most_before,
            {{ limits.spreads }} * greatest(
                1.4826 * median(abs(earlier_count - usual_count)), sqrt(max(usual_count)), 1
            ) as distance
        from beside
        group by source, source_table, category, day
    )

select
    source,
    source_table,
    category,
    day,
    cast(rows_count as bigint) as rows_count,
    cast(usual_count as double) as usual_count,
    cast(greatest(usual_count - distance, 0) as double) as low_count,
    cast(usual_count + distance as double) as high_count,
    case
        when weeks_count < {{ limits.weeks }}
        then 'unknown'
        when most_before = 0 and category <> 'all' and rows_count >= {{ limits.rows }}
        then 'new'
        when category in ('repeated', 'rejected', 'test') and rows_count <= usual_count + distance
        then 'usual'
        when usual_count >= {{ limits.rows }} and rows_count = 0
        then 'missing'
        when usual_count >= {{ limits.rows }} and rows_count < usual_count - distance
        then 'too_few'
        when rows_count >= {{ limits.rows }} and rows_count > usual_count + distance
        then 'too_many'
        else 'usual'
    end as verdict
from banded

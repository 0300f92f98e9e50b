{#- The same weekday of so many weeks before. -#}
{%- set weeks = 8 -%}
{%- set limits = var('volume_limits') -%}
{%- set told_days = limits.days %}

with
    rows_of_days as (
        {% for source, table, at, category in [
            ('crm', 'consents', 'occurred_at', "purpose || ' ' || status"),
            ('web', 'events', 'event_at', "coalesce(event_name, event_type)"),
            ('shop', 'orders', 'created_at', 'currency'),
            ('shop', 'checkouts', 'created_at', "'checkout'"),
            ('email', 'events', 'occurred_at', 'event_type'),
        ] %}
            select
                '{{ source }}' as source,
                '{{ table }}' as source_table,
                coalesce({{ category }}, 'unknown') as category,
                cast({{ at }} as date) as day,
                count(*) as rows_count
            from {{ ref('stg_' ~ source ~ '__' ~ table) }}
            where
                {{ at }} >= {{ add_days(as_of(), -(told_days + 7 * weeks + 1)) }}
                and cast({{ at }} as date) < cast({{ as_of() }} as date)
            group by
                coalesce({{ category }}, 'unknown'),
                cast({{ at }} as date)
                {{ 'union all' if not loop.last }}
        {% endfor %}
    ),

    -- All of a table, and each category that makes up enough of it.
    counted as (
        select source, source_table, 'all' as category, day, sum(rows_count) as rows_count
        from rows_of_days
        group by source, source_table, day

        union all

        select source, source_table, category, day, rows_count
        from rows_of_days
    ),

    days as (
        {% for back in range(1, told_days + 7 * weeks + 1) %}
            select
                cast({{ add_days(as_of(), -back) }} as date) as day
                {{ 'union all' if not loop.last }}
        {% endfor %}
    ),

    -- A table has no history before its first row.
    tables as (
        select source, source_table, min(day) as first_day
        from counted
        group by source, source_table
    ),

    categories as (
        select counted.source, counted.source_table, counted.category, tables.first_day
        from counted
        inner join
            tables on counted.source = tables.source and counted.source_table = tables.source_table
        group by counted.source, counted.source_table, counted.category, tables.first_day
    ),

    filled as (
        select
            categories.source,
            categories.source_table,
            categories.category,
            days.day,
            coalesce(counted.rows_count, 0) as rows_count
        from categories
        inner join days on days.day >= categories.first_day
        left join
            counted
            on categories.source = counted.source
            and categories.source_table = counted.source_table
            and categories.category = counted.category
            and days.day = counted.day
    ),

    beside as (
        select
            filled.source,
            filled.source_table,
            filled.category,
            filled.day,
            filled.rows_count,
            earlier.rows_count as earlier_count,
            median(earlier.rows_count) over (
                partition by filled.source, filled.source_table, filled.category, filled.day
            ) as usual_count
        from filled
        inner join
            filled as earlier
            on filled.source = earlier.source
            and filled.source_table = earlier.source_table
            and filled.category = earlier.category
            and {{ days_between_dates('earlier.day', 'filled.day') }}
            in ({{ range(7, 7 * weeks + 1, 7) | join(', ') }})
        where filled.day >= cast({{ add_days(as_of(), -told_days) }} as date)
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
        when usual_count >= {{ limits.rows }} and rows_count = 0
        then 'missing'
        when usual_count >= {{ limits.rows }} and rows_count < usual_count - distance
        then 'too_few'
        when rows_count >= {{ limits.rows }} and rows_count > usual_count + distance
        then 'too_many'
        else 'usual'
    end as verdict
from banded

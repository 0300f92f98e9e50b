{#- The days that are told of, and the same weekday of eight weeks before each. -#}
{%- set days = var('volume_limits').days + days_of_weeks_before() %}

{%- set tables = [
    ('crm', 'consents', 'occurred_at', "purpose || ' ' || status"),
    ('web', 'events', 'event_at', "coalesce(event_name, event_type)"),
    ('shop', 'orders', 'created_at', "case when is_test then 'test' else currency end"),
    ('shop', 'checkouts', 'created_at', "'checkout'"),
    ('email', 'events', 'occurred_at', 'event_type'),
] %}

with
    rows_of_days as (
        {% for source, table, at, category in tables %}
            select
                '{{ source }}' as source,
                '{{ table }}' as source_table,
                coalesce({{ category }}, 'unknown') as category,
                {{ quarter_of_day(at) }} as hours,
                cast({{ at }} as date) as day,
                count(*) as rows_count
            from {{ ref('stg_' ~ source ~ '__' ~ table) }}
            where
                {{ at }} >= {{ add_days(as_of(), -(days + 1)) }}
                and cast({{ at }} as date) < cast({{ as_of() }} as date)
            group by
                coalesce({{ category }}, 'unknown'),
                {{ quarter_of_day(at) }},
                cast({{ at }} as date)
                {{ 'union all' if not loop.last }}
        {% endfor %}
    ),

    -- What did not get into staging, by the day on which it came.
    rows_left_out as (
        {% for source, table, at, category in tables %}
            select
                '{{ source }}' as source,
                '{{ table }}' as source_table,
                case when fate = 'duplicate' then 'repeated' else 'rejected' end as category,
                cast(received_at as date) as day,
                count(*) as rows_count
            from {{ ref('checked_' ~ source ~ '__' ~ table) }}
            where
                fate <> 'staged'
                and received_at >= {{ add_days(as_of(), -(days + 1)) }}
                and cast(received_at as date) < cast({{ as_of() }} as date)
            group by fate, cast(received_at as date) {{ 'union all' if not loop.last }}
        {% endfor %}
    ),

    -- All of a table, each category, and each quarter of the day.
    counted as (
        {% for category in ["'all'", 'category', 'hours'] %}
            select
                source, source_table, {{ category }} as category, day, sum(rows_count) as rows_count
            from rows_of_days
            group by source, source_table, {{ category }}, day
            union all
        {% endfor %}
        select source, source_table, category, day, sum(rows_count) as rows_count
        from rows_left_out
        group by source, source_table, category, day
    ),

    days as (
        {% for back in range(1, days + 1) %}
            select
                cast({{ add_days(as_of(), -back) }} as date) as day
                {{ 'union all' if not loop.last }}
        {% endfor %}
    ),

    -- A table has no history before its first row.
    tables as (
        select source, source_table, min(day) as first_day
        from rows_of_days
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
    )

select source, source_table, category, day, cast(rows_count as bigint) as rows_count
from filled

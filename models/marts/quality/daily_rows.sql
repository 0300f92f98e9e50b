{#- The days that are told of, and the same weekday of eight weeks before each. -#}
{%- set days = var('volume_limits').days + 56 %}

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
                {{ at }} >= {{ add_days(as_of(), -(days + 1)) }}
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
        {% for back in range(1, days + 1) %}
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
    )

select source, source_table, category, day, cast(rows_count as bigint) as rows_count
from filled

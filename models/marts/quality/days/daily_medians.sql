{%- set limits = var('volume_limits') %}
{%- set delays = [
    ('crm', 'consents', 'occurred_at'),
    ('web', 'events', 'event_at'),
    ('shop', 'orders', 'created_at'),
    ('email', 'events', 'occurred_at'),
] %}

with
    orders as (select * from {{ ref('stg_shop__orders') }} where not is_test),

    order_lines as (select * from {{ ref('stg_shop__order_lines') }}),

    measured as (
        select
            'shop' as source,
            'orders' as source_table,
            'order_total' as measure,
            cast(created_at as date) as day,
            cast(total_base as double) as measured
        from orders
        where total_base > 0

        union all

        select
            'shop' as source,
            'order_lines' as source_table,
            'line_price' as measure,
            cast(orders.created_at as date) as day,
            cast(order_lines.unit_price as double) as measured
        from order_lines
        inner join orders on order_lines.order_id = orders.order_id
        {% for source, table, at in delays %}
            union all

            select
                '{{ source }}' as source,
                '{{ table }}' as source_table,
                'delay_seconds' as measure,
                cast({{ at }} as date) as day,
                cast({{ seconds_between(at, 'received_at') }} as double) as measured
            from {{ ref('stg_' ~ source ~ '__' ~ table) }}
        {% endfor %}
    ),

    medians as (
        select source, source_table, measure, day, median(measured) as day_median
        from measured
        where
            day >= cast({{ add_days(as_of(), -(limits.days + days_of_weeks_before())) }} as date)
            and day < cast({{ as_of() }} as date)
        group by source, source_table, measure, day
        having count(*) >= {{ limits.rows }}
    ),

    beside as (
        select
            medians.source,
            medians.source_table,
            medians.measure,
            medians.day,
            medians.day_median,
            earlier.day_median as earlier_median,
            median(earlier.day_median) over (
                partition by medians.source, medians.source_table, medians.measure, medians.day
            ) as usual_median
        from medians
        inner join
            medians as earlier
            on medians.source = earlier.source
            and medians.source_table = earlier.source_table
            and medians.measure = earlier.measure
            and {{ is_weeks_before('earlier.day', 'medians.day') }}
        where medians.day >= cast({{ add_days(as_of(), -limits.days) }} as date)
    ),

    -- A spread is a tenth of the median at least, and of delays seven minutes and a half.
    banded as (
        select
            source,
            source_table,
            measure,
            day,
            max(day_median) as day_median,
            max(usual_median) as usual_median,
            {{ limits.spreads }} * greatest(
                1.4826 * median(abs(earlier_median - usual_median)),
                max(0.1 * abs(usual_median)),
                case when measure = 'delay_seconds' then 450 else 0.01 end
            ) as distance
        from beside
        group by source, source_table, measure, day
        having count(*) >= {{ limits.weeks }}
    )

select
    source,
    source_table,
    measure,
    day,
    cast(day_median as double) as day_median,
    cast(usual_median as double) as usual_median,
    cast(usual_median - distance as double) as low_median,
    cast(usual_median + distance as double) as high_median,
    case
        when day_median < usual_median - distance
        then 'too_low'
        when day_median > usual_median + distance
        then 'too_high'
        else 'usual'
    end as verdict
from banded

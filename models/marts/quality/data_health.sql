with
    daily_volumes as (select * from {{ ref('daily_volumes') }}),

    daily_faults as (select * from {{ ref('daily_faults') }}),

    source_audit as (select * from {{ ref('source_audit') }} where is_listed),

    order_receipts as (select * from {{ ref('order_receipts') }}),

    health_points as (select * from {{ ref('health_points') }}),

    todays_faults as (
        select
            source,
            source_table,
            cast({{ as_of() }} as date) as day,
            'rejected' as fault,
            'all' as category,
            cast(rows_rejected as {{ dbt.type_string() }})
            || ' of '
            || cast(rows_in as {{ dbt.type_string() }})
            || ' rows are rejected' as detail,
            100.0 * rows_rejected / rows_in as degree
        from source_audit
        where rows_rejected > 0

        union all

        select
            source,
            source_table,
            cast({{ as_of() }} as date) as day,
            'empty' as fault,
            'all' as category,
            'no rows' as detail,
            1.0 as degree
        from source_audit
        where
            rows_in = 0
            and source || '.' || source_table
            in ('crm.contacts', 'web.events', 'shop.orders', 'email.events')

        union all

        select
            'shop' as source,
            'orders' as source_table,
            cast({{ as_of() }} as date) as day,
            'late' as fault,
            'all' as category,
            'the newest is of '
            || coalesce(cast(known_until as {{ dbt.type_string() }}), 'never') as detail,
            1.0 as degree
        from order_receipts
        where is_late
    ),

    faults as (
        select source, source_table, day, fault, category, detail, 1.0 as degree
        from daily_faults
        union all
        select source, source_table, day, fault, category, detail, degree
        from todays_faults
    ),

    costs as (
        select
            faults.source,
            faults.source_table,
            faults.day,
            faults.fault,
            faults.category,
            faults.detail,
            cast(
                least(health_points.points * faults.degree, health_points.most) as double
            ) as points_lost
        from faults
        inner join health_points on faults.fault = health_points.fault
    ),

    days as (
        select source, day
        from daily_volumes
        union
        select source, cast({{ as_of() }} as date) as day
        from source_audit
    ),

    scores as (
        select
            days.source, days.day, greatest(100 - coalesce(sum(costs.points_lost), 0), 0) as score
        from days
        left join costs on days.source = costs.source and days.day = costs.day
        group by days.source, days.day
    )

select
    scores.source,
    scores.day,
    cast(scores.score as double) as score,
    coalesce(costs.source_table, 'all') as source_table,
    coalesce(costs.fault, 'none') as fault,
    coalesce(costs.category, 'all') as category,
    costs.detail,
    coalesce(costs.points_lost, 0) as points_lost
from scores
left join costs on scores.source = costs.source and scores.day = costs.day

with
    daily_volumes as (select * from {{ ref('daily_volumes') }}),

    daily_shares as (select * from {{ ref('daily_shares') }}),

    daily_medians as (select * from {{ ref('daily_medians') }}),

    differences as (select * from {{ ref('source_differences') }} where subject = 'order'),

    volume_faults as (
        select
            source,
            source_table,
            day,
            case
                when category = 'all'
                then verdict
                when category in ('repeated', 'test')
                then category
                when category like 'hours %'
                then 'hours_' || verdict
                else 'category_' || verdict
            end as fault,
            category,
            {{ counted('rows_count', 'row') }}
            || ', usual are '
            || cast(cast(round(usual_count) as bigint) as {{ dbt.type_string() }}) as detail
        from daily_volumes
        where verdict not in ('usual', 'unknown')
    ),

    share_faults as (
        select
            source,
            source_table,
            day,
            'share_' || verdict as fault,
            category,
            {{ percent('share') }}
            || ' of the rows, usual are '
            || {{ percent('usual_share') }} as detail
        from daily_shares
        where verdict not in ('usual', 'unknown')
    ),

    median_faults as (
        select
            source,
            source_table,
            day,
            case when measure = 'delay_seconds' then 'delay' else 'value' end
            || '_'
            || verdict as fault,
            measure as category,
            'the median is '
            || cast(round(day_median, 2) as {{ dbt.type_string() }})
            || ', usual is '
            || cast(round(usual_median, 2) as {{ dbt.type_string() }}) as detail
        from daily_medians
        where verdict <> 'usual'
    ),

    -- One order in twenty that sources tell differently is no single mistake.
    order_faults as (
        select
            'shop' as source,
            'orders' as source_table,
            cast({{ as_of() }} as date) as day,
            case
                when result = 'missing_in_one' then 'orders_missing' else 'orders_differ'
            end as fault,
            attribute || ' ' || result || ' ' || other_source as category,
            {{ counted('differing_count', 'order') }}
            || ' of '
            || cast(compared_count as {{ dbt.type_string() }}) as detail
        from differences
        where
            result in ('conflicts', 'other_unit', 'missing_in_one')
            and differing_count >= 5
            and differing_share > 0.05
    )

select source, source_table, day, fault, category, detail
from volume_faults
union all
select source, source_table, day, fault, category, detail
from share_faults
union all
select source, source_table, day, fault, category, detail
from median_faults
union all
select source, source_table, day, fault, category, detail
from order_faults

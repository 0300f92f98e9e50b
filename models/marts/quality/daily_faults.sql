with
    daily_volumes as (select * from {{ ref('daily_volumes') }}),

    daily_shares as (select * from {{ ref('daily_shares') }}),

    daily_medians as (select * from {{ ref('daily_medians') }}),

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
    )

select source, source_table, day, fault, category, detail
from volume_faults
union all
select source, source_table, day, fault, category, detail
from share_faults
union all
select source, source_table, day, fault, category, detail
from median_faults

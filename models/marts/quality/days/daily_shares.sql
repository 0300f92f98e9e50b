{%- set limits = var('volume_limits') %}
{%- set parts = "category not in ('all', 'repeated', 'rejected')" %}

with
    daily_rows as (select * from {{ ref('daily_rows') }}),

    shares as (
        select
            parts.source,
            parts.source_table,
            parts.category,
            parts.day,
            every.rows_count as table_rows,
            cast(parts.rows_count as double) / every.rows_count as share
        from (select * from daily_rows where {{ parts }}) as parts
        inner join
            (select * from daily_rows where category = 'all') as every
            on parts.source = every.source
            and parts.source_table = every.source_table
            and parts.day = every.day
        where every.rows_count >= {{ limits.rows }}
    ),

    beside as (
        select
            shares.source,
            shares.source_table,
            shares.category,
            shares.day,
            shares.table_rows,
            shares.share,
            earlier.share as earlier_share,
            median(earlier.share) over (
                partition by shares.source, shares.source_table, shares.category, shares.day
            ) as usual_share
        from shares
        inner join
            shares as earlier
            on shares.source = earlier.source
            and shares.source_table = earlier.source_table
            and shares.category = earlier.category
            and {{ is_weeks_before('earlier.day', 'shares.day') }}
        where shares.day >= cast({{ add_days(as_of(), -limits.days) }} as date)
    ),

    -- A share of n rows spreads by the root of p (1 - p) / n at least, one row at least.
    banded as (
        select
            source,
            source_table,
            category,
            day,
            max(share) as share,
            max(usual_share) as usual_share,
            count(*) as weeks_count,
            greatest(
                0.05,
                {{ limits.spreads }} * greatest(
                    1.4826 * median(abs(earlier_share - usual_share)),
                    sqrt(max(usual_share * (1 - usual_share) / table_rows)),
                    max(1.0 / table_rows)
                )
            ) as distance
        from beside
        group by source, source_table, category, day
    )

select
    source,
    source_table,
    category,
    day,
    share,
    usual_share,
    cast(greatest(usual_share - distance, 0) as double) as low_share,
    cast(least(usual_share + distance, 1) as double) as high_share,
    case
        when weeks_count < {{ limits.weeks }}
        then 'unknown'
        when share < usual_share - distance
        then 'too_low'
        when share > usual_share + distance
        then 'too_high'
        else 'usual'
    end as verdict
from banded

{% set thresholds = {'idle_minutes': cart_idle_minutes(), 'within_hours': 72} %}
{{ config(meta={'thresholds': thresholds}) }}

with
    customer_carts as (select * from {{ ref('customer_carts') }}),

    abandoned as (
        select
            *,
            {{ seconds_between('left_at', as_of()) }} as idle_seconds,
            row_number() over (
                partition by customer_id order by left_at desc, cart_key asc
            ) as recency
        from customer_carts
        where
            items_count > 0
            and purchased_at is null
            and left_at <= {{ add_seconds(as_of(), -60 * thresholds.idle_minutes) }}
            and left_at >= {{ add_seconds(as_of(), -3600 * thresholds.within_hours) }}
    )

select
    customer_id,
    {{ add_seconds('left_at', 60 * thresholds.idle_minutes) }} as qualified_at,
    'cart'
    || coalesce(' ' || cart_id, '')
    || ' left '
    || {{ span_text('idle_seconds') }}
    || ' ago with '
    || cast(items_count as {{ dbt.type_string() }})
    || case when items_count = 1 then ' item' else ' items' end as reason
from abandoned
where recency = 1

-- A visitor has one basket at a time: an order or this silence ends it.
{% set basket_gap_hours = 72 %}

{{ config(materialized='view') }}

with cart_touches as (
    select * from {{ ref('cart_touches') }}
),

visits as (
    select
        *,
        coalesce(anonymous_id, 'user:' || user_id) as visitor
    from cart_touches
    where cart_id is null and coalesce(anonymous_id, user_id) is not null
),

previous as (
    select
        *,
        lag(activity) over (
            partition by visitor order by activity_at, source_table, source_key
        ) as previous_activity,
        lag(activity_at) over (
            partition by visitor order by activity_at, source_table, source_key
        ) as previous_at
    from visits
),

numbered_baskets as (
    select
        *,
        sum(
            case
                when
                    previous_activity <> 'ordered'
                    and {{ seconds_between('previous_at', 'activity_at') }}
                    < {{ basket_gap_hours * 3600 }}
                    then 0
                else 1
            end
        ) over (
            partition by visitor
            order by activity_at, source_table, source_key
            rows between unbounded preceding and current row
        ) as basket_number
    from previous
),

baskets as (
    select
        *,
        'visitor:' || visitor || ':' || cast(
            min(activity_at) over (partition by visitor, basket_number)
            as {{ dbt.type_string() }}
        ) as cart_key
    from numbered_baskets
)

select
    cart_key,
    cart_id,
    source_table,
    source_key,
    activity,
    activity_at,
    anonymous_id,
    user_id,
    email_key,
    product_id,
    quantity,
    price,
    currency,
    recovery_url
from baskets

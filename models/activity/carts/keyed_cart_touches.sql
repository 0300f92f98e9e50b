{{ config(materialized='view') }}

-- A visitor has one basket at a time: an order, this silence or another login ends it.
{% set basket_gap_hours = 72 %}
with
    cart_touches as (select * from {{ ref('cart_touches') }}),

    shared as (select * from {{ ref('shared_cart_touches') }}),

    visits as (
        select *, coalesce(anonymous_id, 'user:' || user_id) as visitor
        from cart_touches
        where cart_id is null and coalesce(anonymous_id, user_id) is not null
    ),

    with_previous as (
        select
            *,
            lag(activity) over visitor_visits as previous_activity,
            lag(activity_at) over visitor_visits as previous_at,
            {{ ignoring_nulls('last_value', 'user_id') }} over (
                partition by visitor
                order by {{ in_order_of_touches() }}
                rows between unbounded preceding and 1 preceding
            ) as previous_user_id
        from visits
        window visitor_visits as (partition by visitor order by {{ in_order_of_touches() }})
    ),

    numbered as (
        select
            *,
            sum(
                case
                    when
                        previous_activity <> 'ordered'
                        and {{ seconds_between('previous_at', 'activity_at') }}
                        < {{ basket_gap_hours * 3600 }}
                        and coalesce(user_id = previous_user_id, true)
                    then 0
                    else 1
                end
            ) over (
                partition by visitor
                order by {{ in_order_of_touches() }}
                rows between unbounded preceding and current row
            ) as basket_number
        from with_previous
    ),

    baskets as (
        select
            source_table,
            source_key,
            'visitor:'
            || visitor
            || ':'
            || cast(
                min(activity_at) over (
                    partition by visitor, basket_number
                ) as {{ dbt.type_string() }}
            ) as cart_key
        from numbered
    )

select cart_touches.*, coalesce(shared.cart_key, cart_touches.cart_id, baskets.cart_key) as cart_key
from cart_touches
left join
    shared
    on cart_touches.source_table = shared.source_table
    and cart_touches.source_key = shared.source_key
    and cart_touches.cart_id = shared.cart_id
left join
    baskets
    on cart_touches.source_table = baskets.source_table
    and cart_touches.source_key = baskets.source_key
where coalesce(cart_touches.cart_id, baskets.cart_key) is not null

{#- Longer than a page, since baskets for which the shop passes no id are made here too. -#}
-- A visitor has one basket at a time: an order or this silence ends it.
{% set basket_gap_hours = 72 %}
-- What happened in one moment, happened as it was received, then as it stands in the files.
{% set in_order = 'activity_at, source_table, received_at, source_file, source_line, source_key' %}
with
    cart_touches as (select * from {{ ref('cart_touches') }}),

    visits as (
        select *, coalesce(anonymous_id, 'user:' || user_id) as visitor
        from cart_touches
        where cart_id is null and coalesce(anonymous_id, user_id) is not null
    ),

    with_previous as (
        select
            *,
            lag(activity) over visitor_visits as previous_activity,
            lag(activity_at) over visitor_visits as previous_at
        from visits
        window visitor_visits as (partition by visitor order by {{ in_order }})
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
                    then 0
                    else 1
                end
            ) over (
                partition by visitor
                order by {{ in_order }}
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
    ),

    keyed as (
        select cart_touches.*, coalesce(cart_touches.cart_id, baskets.cart_key) as cart_key
        from cart_touches
        left join
            baskets
            on cart_touches.source_table = baskets.source_table
            and cart_touches.source_key = baskets.source_key
        where coalesce(cart_touches.cart_id, baskets.cart_key) is not null
    ),

    -- Orders are dated to the second, events often to the millisecond.
    additions as (
        select cart_key, {{ dbt.date_trunc('second', 'max(activity_at)') }} as last_added_at
        from keyed
        where activity = 'added'
        group by cart_key
    ),

    -- The last order before something was put in again ended a round; the first one after it is the
    -- order of the present round.
    orders as (
        select
            keyed.cart_key,
            max(
                case when keyed.activity_at < additions.last_added_at then keyed.activity_at end
            ) as previous_order_at,
            min(
                case
                    when keyed.activity_at >= coalesce(additions.last_added_at, keyed.activity_at)
                    then keyed.activity_at
                end
            ) as ordered_at
        from keyed
        left join additions on keyed.cart_key = additions.cart_key
        where keyed.activity = 'ordered'
        group by keyed.cart_key
    )

select
    keyed.cart_key,
    cast(
        row_number() over (partition by keyed.cart_key order by {{ in_order }}) as bigint
    ) as activity_number,
    keyed.cart_id,
    keyed.source_table,
    keyed.source_key,
    keyed.activity,
    keyed.activity_at,
    keyed.anonymous_id,
    keyed.user_id,
    keyed.email_key,
    keyed.product_id,
    case
        when keyed.activity = 'added'
        then cast(greatest(coalesce(keyed.quantity, 1), 0) as bigint)
        -- greatest() passes over nulls, and here null means all of them.
        when keyed.activity = 'removed' and keyed.quantity is not null
        then cast(greatest(keyed.quantity, 0) as bigint)
    end as quantity,
    case when keyed.price >= 0 then cast(keyed.price as decimal(18, 4)) end as price,
    keyed.currency,
    keyed.recovery_url,
    orders.previous_order_at,
    orders.ordered_at
from keyed
left join orders on keyed.cart_key = orders.cart_key
where orders.previous_order_at is null or keyed.activity_at > orders.previous_order_at

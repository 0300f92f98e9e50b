-- Without a cart_id a visitor has one basket at a time: an order or this silence ends it.
{% set basket_gap_hours = 72 %}

with cart_touches as (
    select * from {{ ref('cart_touches') }}
),

visited as (
    select
        *,
        coalesce(anonymous_id, 'user:' || user_id) as visitor
    from cart_touches
),

gaps as (
    select
        *,
        case
            when cart_id is not null then 0
            when lag(activity_at) over (
                partition by cart_id, visitor order by activity_at, source_table, source_key
            ) is null then 1
            when lag(activity) over (
                partition by cart_id, visitor order by activity_at, source_table, source_key
            ) = 'ordered' then 1
            when {{ seconds_between(
                'lag(activity_at) over ('
                ~ 'partition by cart_id, visitor order by activity_at, source_table, source_key)',
                'activity_at'
            ) }} >= {{ basket_gap_hours * 3600 }} then 1
            else 0
        end as is_new_basket
    from visited
    where cart_id is not null or visitor is not null
),

baskets as (
    select
        *,
        sum(is_new_basket) over (
            partition by cart_id, visitor
            order by activity_at, source_table, source_key
            rows between unbounded preceding and current row
        ) as basket_number
    from gaps
),

keyed as (
    select
        *,
        coalesce(
            cart_id,
            'visitor:' || visitor || ':' || cast(
                min(activity_at) over (partition by cart_id, visitor, basket_number)
                as {{ dbt.type_string() }}
            )
        ) as cart_key
    from baskets
),

numbered as (
    select
        *,
        row_number() over (
            partition by cart_key order by activity_at, source_table, source_key
        ) as activity_number,
        max(case when activity = 'added' then activity_at end)
            over (partition by cart_key) as last_added_at
    from keyed
),

rounds as (
    select
        *,
        max(case when activity = 'ordered' and activity_at < last_added_at then activity_at end)
            over (partition by cart_key) as previous_order_at,
        min(
            case
                when activity = 'ordered' and activity_at >= coalesce(last_added_at, activity_at)
                    then activity_at
            end
        ) over (partition by cart_key) as ordered_at
    from numbered
)

select
    cart_key,
    activity_number,
    cart_id,
    source_table,
    source_key,
    activity,
    activity_at,
    anonymous_id,
    user_id,
    email_key,
    product_id,
    case
        when activity = 'added' then cast(greatest(coalesce(quantity, 1), 0) as bigint)
        -- greatest() passes over nulls, and here null means all of them.
        when activity = 'removed' and quantity is not null
            then cast(greatest(quantity, 0) as bigint)
    end as quantity,
    case when price >= 0 then cast(price as decimal(18, 4)) end as price,
    currency,
    recovery_url,
    previous_order_at,
    ordered_at
from rounds
where previous_order_at is null or activity_at > previous_order_at

with cart_touches as (
    select * from {{ ref('cart_touches') }}
),

visitor_baskets as (
    select * from {{ ref('visitor_baskets') }}
),

keyed as (
    select
        cart_id as cart_key,
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
    from cart_touches
    where cart_id is not null

    union all

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
    from visitor_baskets
),

additions as (
    select
        cart_key,
        max(activity_at) as last_added_at
    from keyed
    where activity = 'added'
    group by cart_key
),

-- The last order before something was put in again ended a round; the first one after it is the
-- order of the present round.
orders as (
    select
        keyed.cart_key,
        max(case when keyed.activity_at < additions.last_added_at then keyed.activity_at end)
            as previous_order_at,
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
),

present as (
    select
        keyed.*,
        orders.previous_order_at,
        orders.ordered_at
    from keyed
    left join orders on keyed.cart_key = orders.cart_key
    where orders.previous_order_at is null or keyed.activity_at > orders.previous_order_at
)

select
    cart_key,
    row_number() over (
        partition by cart_key order by activity_at, source_table, source_key
    ) as activity_number,
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
from present

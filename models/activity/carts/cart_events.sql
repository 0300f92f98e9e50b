-- Whoever ordered more often is no visitor but a till, or a constant in place of a device.
{% set most_orders = 100 %}
with
    keyed as (select * from {{ ref('keyed_cart_touches') }}),

    orders_placed as (select * from {{ ref('cart_touches') }} where activity = 'ordered'),

    -- Orders are dated to the second, events often to the millisecond.
    additions as (
        select cart_key, {{ dbt.date_trunc('second', 'max(activity_at)') }} as last_added_at
        from keyed
        where activity = 'added'
        group by cart_key
    ),

    cart_visitors as (
        {%- for visitor in ['anonymous_id', "'user:' || user_id"] %}
            {{ 'union all' if not loop.first }}
            select cart_key, cart_id, {{ visitor }} as visitor, min(activity_at) as started_at
            from keyed
            where {{ visitor }} is not null
            group by cart_key, cart_id, {{ visitor }}
        {%- endfor %}
    ),

    visitor_orders as (
        {%- for visitor in ['anonymous_id', "'user:' || user_id"] + (
            ["'user:' || shop_customer_id"] if var('user_id_is') == 'shop_customer_id' else []
        ) %}
            {{ 'union all' if not loop.first }}
            select cart_id, {{ visitor }} as visitor, activity_at
            from orders_placed
            where {{ visitor }} is not null
        {%- endfor %}
    ),

    persons as (
        select visitor from visitor_orders group by visitor having count(*) <= {{ most_orders }}
    ),

    -- What a visitor orders without naming a cart may be in any cart of theirs.
    endings as (
        select cart_key, activity_at, true as is_own
        from keyed
        where activity = 'ordered'

        union all

        select cart_visitors.cart_key, visitor_orders.activity_at, false as is_own
        from cart_visitors
        inner join
            visitor_orders
            on cart_visitors.visitor = visitor_orders.visitor
            and cart_visitors.started_at <= visitor_orders.activity_at
        inner join persons on visitor_orders.visitor = persons.visitor
        where cart_visitors.cart_id is null or visitor_orders.cart_id is null
    ),

    -- The last order before something was put in again ended a round; the cart's own first one
    -- after
    -- it is the order of the present round.
    orders as (
        select
            endings.cart_key,
            max(
                case when endings.activity_at < additions.last_added_at then endings.activity_at end
            ) as previous_order_at,
            min(
                case
                    when
                        endings.is_own
                        and endings.activity_at
                        >= coalesce(additions.last_added_at, endings.activity_at)
                    then endings.activity_at
                end
            ) as ordered_at
        from endings
        left join additions on endings.cart_key = additions.cart_key
        group by endings.cart_key
    )

select
    keyed.cart_key,
    cast(
        row_number() over (
            partition by keyed.cart_key order by {{ in_order_of_touches() }}
        ) as bigint
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

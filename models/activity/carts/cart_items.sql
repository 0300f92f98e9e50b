with
    cart_events as (select * from {{ ref('cart_events') }}),

    products as (select * from {{ ref('stg_shop__products') }}),

    products_put_in as (
        select cart_key, product_id
        from cart_events
        where activity = 'added' and product_id is not null
        group by cart_key, product_id
    ),

    -- What happens to a cart after its order (a client that empties it) is not part of the order.
    changes as (
        select
            cart_key,
            product_id,
            activity_number,
            case when activity = 'added' then price end as price,
            case when activity = 'added' and price is not null then currency end as currency,
            case
                when activity = 'added'
                then quantity
                -- A removal that does not say how many takes the whole line out.
                else - coalesce(quantity, 1000000000)
            end as change
        from cart_events
        where
            activity in ('added', 'removed')
            and product_id is not null
            and (ordered_at is null or activity_at <= ordered_at)

        union all

        select
            cart_events.cart_key,
            products_put_in.product_id,
            cart_events.activity_number,
            null as price,
            null as currency,
            -1000000000 as change
        from cart_events
        inner join products_put_in on cart_events.cart_key = products_put_in.cart_key
        where
            cart_events.activity = 'emptied'
            and (
                cart_events.ordered_at is null or cart_events.activity_at <= cart_events.ordered_at
            )
    ),

    running as (
        select
            *,
            sum(change) over (
                partition by cart_key, product_id
                order by activity_number
                rows between unbounded preceding and current row
            ) as running_quantity
        from changes
    ),

    -- The quantity never goes below 0 on the way: a removal whose addition was lost leaves no debt.
    lines as (
        select
            cart_key,
            product_id,
            sum(change) - least(min(running_quantity), 0) as quantity,
            {{ last_by('price', 'activity_number') }} as price,
            {{ last_by('currency', 'activity_number') }} as currency
        from running
        group by cart_key, product_id
    ),

    priced as (
        select
            lines.cart_key,
            lines.product_id,
            lines.quantity,
            coalesce(lines.price, products.price) as price,
            coalesce(lines.currency, products.currency) as currency,
            products.product_id is not null and coalesce(products.in_stock, true) as is_offered
        from lines
        left join products on lines.product_id = products.product_id
        where lines.quantity > 0
    )

-- A price without a currency is in that of the cart's other prices, in the base currency where none
-- has one, and in an unknown one where they differ.
select
    cart_key,
    product_id,
    cast(quantity as bigint) as quantity,
    cast(price as decimal(18, 4)) as price,
    case
        when currency is not null
        then currency
        when min(currency) over cart is null
        then '{{ var("base_currency") }}'
        when min(currency) over cart = max(currency) over cart
        then min(currency) over cart
    end as currency,
    is_offered
from priced
window cart as (partition by cart_key)

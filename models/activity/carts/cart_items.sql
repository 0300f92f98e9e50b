with
    cart_events as (select * from {{ ref('cart_events') }}),

    products as (select * from {{ ref('stg_shop__products') }}),

    -- What happens to a cart after its order (a client that empties it) is not part of the order.
    changes as (
        select
            cart_key,
            product_id,
            activity_number,
            case when activity = 'added' then price end as price,
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
            {{ last_by('price', 'activity_number') }} as price
        from running
        group by cart_key, product_id
    )

select
    lines.cart_key,
    lines.product_id,
    cast(lines.quantity as bigint) as quantity,
    cast(coalesce(lines.price, products.price) as decimal(18, 4)) as price
from lines
left join products on lines.product_id = products.product_id
where lines.quantity > 0

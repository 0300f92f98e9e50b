with
    letters as (select * from {{ ref('email_letters') }} where cart_key is not null),

    customer_carts as (select * from {{ ref('customer_carts') }}),

    cart_items as (select * from {{ ref('cart_items') }}),

    products as (select * from {{ ref('products') }}),

    -- Only what can still be bought is shown, each price in its own currency.
    lines as (
        select
            letters.message_id,
            cart_items.quantity,
            cast(cart_items.price as decimal(18, 2)) as price,
            cart_items.currency,
            row_number() over (
                partition by letters.message_id
                order by
                    cart_items.quantity * coalesce(cart_items.price, 0) desc,
                    cart_items.product_id asc
            ) as line_number,
            {{ product_json(
                price='cart_items.price',
                currency='cart_items.currency',
                quantity='cart_items.quantity',
            ) }} as line
        from letters
        inner join cart_items on letters.cart_key = cart_items.cart_key
        inner join products on cart_items.product_id = products.product_id
        where cart_items.is_offered
    ),

    -- No letter shows more; a cart of thousands of lines is somebody's script.
    items as (
        select
            message_id,
            {{ json_array_agg('line', 'line_number') }} as items,
            -- What is shown adds up in one currency, or there is no sum.
            case
                when
                    count(*) = count(price)
                    and count(*) = count(currency)
                    and min(currency) = max(currency)
                then min(currency)
            end as currency,
            sum(quantity * price) as value
        from lines
        where line_number <= 100
        group by message_id
    )

select
    letters.message_id,
    {{ json_object({
        'cart_id': 'customer_carts.cart_id',
        'recovery_url': 'customer_carts.recovery_url',
        'currency': 'items.currency',
        'value': ['case when items.currency is not null then items.value end', 'number'],
        'items': ["coalesce(items.items, '[]')", 'json'],
    }) }} as cart
from letters
inner join customer_carts on letters.cart_key = customer_carts.cart_key
left join items on letters.message_id = items.message_id

with email_letters as (
    select * from {{ ref('email_letters') }}
    where cart_key is not null
),

customer_carts as (
    select * from {{ ref('customer_carts') }}
),

cart_items as (
    select * from {{ ref('cart_items') }}
),

products as (
    select * from {{ ref('stg_shop__products') }}
),

lines as (
    select
        email_letters.message_id,
        row_number() over (
            partition by email_letters.message_id
            order by
                cart_items.quantity * coalesce(cart_items.price, 0) desc, cart_items.product_id asc
        ) as line_number,
        {{ json_object({
            'product_id': 'cart_items.product_id',
            'name': 'products.product_name',
            'category': 'products.category',
            'quantity': ['cart_items.quantity', 'number'],
            'price': ['cast(cart_items.price as decimal(18, 2))', 'number'],
            'currency': 'customer_carts.currency',
            'image_url': 'products.image_url',
            'url': 'products.product_url',
        }) }} as line
    from email_letters
    inner join customer_carts on email_letters.cart_key = customer_carts.cart_key
    inner join cart_items on email_letters.cart_key = cart_items.cart_key
    left join products on cart_items.product_id = products.product_id
),

-- No letter shows more; a cart of thousands of lines is somebody's script.
items as (
    select
        message_id,
        {{ json_array_agg('line', 'line_number') }} as items
    from lines
    where line_number <= 100
    group by message_id
)

select
    email_letters.message_id,
    {{ json_object({
        'cart_id': 'customer_carts.cart_id',
        'recovery_url': 'customer_carts.recovery_url',
        'currency': 'customer_carts.currency',
        'value': ['customer_carts.cart_value', 'number'],
        'items': ["coalesce(items.items, '[]')", 'json'],
    }) }} as cart
from email_letters
inner join customer_carts on email_letters.cart_key = customer_carts.cart_key
left join items on email_letters.message_id = items.message_id

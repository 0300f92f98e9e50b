with
    letters as (select * from {{ ref('email_letters') }} where order_id is not null),

    orders as (select * from {{ ref('customer_orders') }}),

    order_lines as (select * from {{ ref('customer_order_lines') }}),

    products as (select * from {{ ref('products') }}),

    -- What has left the catalogue was bought all the same; of its names the id is left.
    lines as (
        select
            letters.message_id,
            row_number() over (
                partition by letters.message_id
                order by order_lines.line_total desc, order_lines.order_line_id
            ) as line_number,
            {{ product_json(
                product_id='order_lines.product_id',
                name='coalesce(products.product_name, order_lines.product_id)',
                price='order_lines.unit_price',
                currency='order_lines.currency',
                quantity='order_lines.quantity',
            ) }} as line
        from letters
        inner join
            order_lines
            on letters.order_id = order_lines.order_id
            and letters.customer_id = order_lines.customer_id
        left join products on order_lines.product_id = products.product_id
        where order_lines.quantity > 0
    ),

    items as (
        select message_id, {{ json_array_agg('line', 'line_number') }} as items
        from lines
        where line_number <= 100
        group by message_id
    )

select
    letters.message_id,
    {{ json_object({
        'order_id': 'orders.order_id',
        'ordered_at': 'cast(' ~ to_local('orders.created_at', 'letters.timezone') ~ ' as date)',
        'currency': 'orders.currency',
        'subtotal': ['orders.subtotal', 'number'],
        'discount': ['orders.discount', 'number'],
        'shipping': ['orders.shipping', 'number'],
        'tax': ['orders.tax', 'number'],
        'total': ['orders.total', 'number'],
        'items': ["coalesce(items.items, '[]')", 'json'],
    }) }} as letter_order
from letters
inner join orders on letters.order_id = orders.order_id and letters.customer_id = orders.customer_id
left join items on letters.message_id = items.message_id

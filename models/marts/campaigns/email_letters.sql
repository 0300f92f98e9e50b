with
    email_decisions as (select * from {{ ref('email_decisions') }}),

    email_candidates as (select * from {{ ref('email_candidates') }}),

    customers as (select * from {{ ref('customers') }}),

    customer_carts as (select * from {{ ref('customer_carts') }}),

    cart_items as (select * from {{ ref('cart_items') }}),

    products as (select * from {{ ref('products') }}),

    letters as (
        select
            email_decisions.*,
            email_candidates.occasion_on,
            email_candidates.template,
            email_candidates.email_key,
            email_candidates.can_personalize,
            email_candidates.is_all_theirs,
            email_candidates.is_activity_theirs,
            -- Who refused personalization, or never agreed to it, gets the same letter as
            -- everybody.
            case
                when email_candidates.can_personalize then email_candidates.cart_key
            end as cart_key,
            email_candidates.trigger,
            coalesce(email_candidates.locale, customers.language, 'en') as language,
            customers.timezone
        from email_decisions
        inner join email_candidates on email_decisions.message_id = email_candidates.message_id
        inner join customers on email_decisions.customer_id = customers.customer_id
        where email_decisions.decision = 'send'
    ),

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
            {{ json_object({
            'product_id': 'cart_items.product_id',
            'name': 'products.product_name',
            'category': 'products.category',
            'quantity': ['cart_items.quantity', 'number'],
            'price': ['cast(cart_items.price as decimal(18, 2))', 'number'],
            'currency': 'cart_items.currency',
            'image_url': 'products.image_url',
            'url': 'products.product_url',
        }) }} as line
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
    letters.customer_id,
    letters.email,
    letters.email_key,
    letters.can_personalize,
    letters.is_all_theirs,
    letters.is_activity_theirs,
    letters.trigger,
    letters.campaign,
    letters.occasion,
    letters.occasion_on,
    letters.variant,
    letters.template,
    letters.language,
    letters.timezone,
    case
        when customer_carts.cart_key is not null
        then
            {{ json_object({
        'cart_id': 'customer_carts.cart_id',
        'recovery_url': 'customer_carts.recovery_url',
        'currency': 'items.currency',
        'value': ['case when items.currency is not null then items.value end', 'number'],
        'items': ["coalesce(items.items, '[]')", 'json'],
    }) }}
    end as cart,
    letters.send_after,
    letters.expires_at,
    letters.evaluated_at
from letters
left join customer_carts on letters.cart_key = customer_carts.cart_key
left join items on letters.message_id = items.message_id

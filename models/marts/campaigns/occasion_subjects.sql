{#- Longer than a page, since each kind of occasion says itself whose records it is about. -#}
with
    occasions as (select * from {{ ref('campaign_occasions') }}),

    customers as (select * from {{ ref('customers') }}),

    customer_carts as (select * from {{ ref('customer_carts') }}),

    customer_cart_items as (select * from {{ ref('customer_cart_items') }}),

    customer_web_events as (select * from {{ ref('customer_web_events') }}),

    birth_dates as (
        select * from {{ ref('customer_attribute_candidates') }} where attribute = 'birth_date'
    ),

    map as (select * from {{ ref('identity_map') }}),

    device_key_groups as (select * from {{ ref('device_key_groups') }}),

    -- The first that an occasion is about says whose it is.
    kinds as (
        select
            campaign,
            customer_id,
            occasion,
            cart_key,
            order_id,
            product_id,
            case
                when cart_key is not null
                then 'cart'
                when order_id is not null
                then 'order'
                when product_id is not null
                then 'product'
                when trigger in ('birthday', 'birthday_today')
                then 'birthday'
                else 'customer'
            end as kind
        from occasions
    ),

    -- A cart is of the order, checkout, account or device that it is attributed to.
    of_carts as (
        select
            kinds.campaign,
            kinds.customer_id,
            kinds.occasion,
            carts.attribution,
            carts.attribution_key
        from kinds
        inner join customer_carts as carts on kinds.cart_key = carts.cart_key
        where kinds.kind = 'cart'
    ),

    of_orders as (
        select
            campaign,
            customer_id,
            occasion,
            'record' as attribution,
            'shop.orders:' || order_id as attribution_key
        from kinds
        where kind = 'order'
    ),

    -- Who looked at a product, or put it into a cart, may be written to about it.
    of_products as (
        select
            kinds.campaign,
            kinds.customer_id,
            kinds.occasion,
            events.attribution,
            case
                when events.attribution = 'user_id'
                then 'web.users:' || events.user_id
                else events.anonymous_id
            end as attribution_key
        from kinds
        inner join
            customer_web_events as events
            on kinds.customer_id = events.customer_id
            and kinds.product_id = events.product_id
        where kinds.kind = 'product'

        union all

        select
            kinds.campaign,
            kinds.customer_id,
            kinds.occasion,
            carts.attribution,
            carts.attribution_key
        from kinds
        inner join
            customer_cart_items as items
            on kinds.customer_id = items.customer_id
            and kinds.product_id = items.product_id
        inner join customer_carts as carts on items.cart_key = carts.cart_key
        where kinds.kind = 'product'
    ),

    attributed as (
        select *
        from of_carts
        union all
        select *
        from of_orders
        union all
        select *
        from of_products
    ),

    found as (
        select attributed.campaign, attributed.customer_id, attributed.occasion, map.key_group
        from attributed
        inner join map on attributed.attribution_key = map.record_key
        where attributed.attribution <> 'device'

        union all

        select attributed.campaign, attributed.customer_id, attributed.occasion, devices.key_group
        from attributed
        inner join
            device_key_groups as devices
            on attributed.attribution_key = devices.anonymous_id
            and attributed.customer_id = devices.customer_id
        where attributed.attribution = 'device'

        union all

        -- Who says the birth date may be greeted on it.
        select kinds.campaign, kinds.customer_id, kinds.occasion, birth_dates.key_group
        from kinds
        inner join customers on kinds.customer_id = customers.customer_id
        inner join
            birth_dates
            on kinds.customer_id = birth_dates.customer_id
            and cast(customers.birth_date as {{ dbt.type_string() }}) = birth_dates.attribute_value
        where kinds.kind = 'birthday'

        union all

        select kinds.campaign, kinds.customer_id, kinds.occasion, map.key_group
        from kinds
        inner join map on kinds.customer_id = map.customer_id
        where kinds.kind = 'customer'
    )

select campaign, customer_id, occasion, key_group
from found
where key_group is not null
group by campaign, customer_id, occasion, key_group

with
    occasions as (select * from {{ ref('campaign_occasions') }}),

    customers as (select * from {{ ref('customers') }}),

    customer_carts as (select * from {{ ref('customer_carts') }}),

    looks as (select * from {{ ref('customer_product_looks') }}),

    birth_dates as (
        select * from {{ ref('customer_attribute_candidates') }} where attribute = 'birth_date'
    ),

    map as (select * from {{ ref('identity_map') }}),

    devices as (select * from {{ ref('device_key_groups') }}),

    mailboxes as (select * from {{ ref('key_group_mailboxes') }}),

    -- The first that an occasion is about says whose it is.
    about as (
        select
            campaign,
            customer_id,
            occasion,
            cart_key,
            case when cart_key is null then order_id end as order_id,
            case when coalesce(cart_key, order_id) is null then product_id end as product_id,
            to_email_key,
            case
                when coalesce(cart_key, order_id, product_id) is not null
                then 'keys'
                when to_email_key is not null
                then 'mailbox'
                when trigger in ('birthday', 'birthday_today')
                then 'birthday'
                else 'customer'
            end as kind
        from occasions
    ),

    -- The order, checkout, account or device that a cart is attributed to, that an order is, that
    -- looked at a product or put it into a cart.
    keys as (
        select about.*, carts.attribution, carts.attribution_key
        from about
        inner join customer_carts as carts on about.cart_key = carts.cart_key

        union all

        select about.*, 'record' as attribution, 'shop.orders:' || order_id as attribution_key
        from about
        where order_id is not null

        union all

        select about.*, looks.attribution, looks.attribution_key
        from about
        inner join
            looks on about.customer_id = looks.customer_id and about.product_id = looks.product_id
    ),

    found as (
        select keys.campaign, keys.customer_id, keys.occasion, keys.to_email_key, map.key_group
        from keys
        inner join map on keys.attribution_key = map.record_key
        where keys.attribution <> 'device'

        union all

        select keys.campaign, keys.customer_id, keys.occasion, keys.to_email_key, devices.key_group
        from keys
        inner join
            devices
            on keys.attribution_key = devices.anonymous_id
            and keys.customer_id = devices.customer_id
        where keys.attribution = 'device'

        union all

        select about.campaign, about.customer_id, about.occasion, to_email_key, key_group
        from about
        inner join
            mailboxes
            on about.customer_id = mailboxes.customer_id
            and about.to_email_key = mailboxes.email_key
        where about.kind = 'mailbox'

        union all

        -- Who says the birth date may be greeted on it.
        select about.campaign, about.customer_id, about.occasion, to_email_key, key_group
        from about
        inner join customers on about.customer_id = customers.customer_id
        inner join
            birth_dates
            on about.customer_id = birth_dates.customer_id
            and cast(customers.birth_date as {{ dbt.type_string() }}) = birth_dates.attribute_value
        where about.kind = 'birthday'

        union all

        select about.campaign, about.customer_id, about.occasion, to_email_key, map.key_group
        from about
        inner join map on about.customer_id = map.customer_id
        where about.kind = 'customer'
    )

select campaign, customer_id, occasion, key_group, to_email_key
from found
where key_group is not null
group by campaign, customer_id, occasion, key_group, to_email_key

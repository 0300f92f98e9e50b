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

    -- What a cart is attributed to, what looked at a product, or the order itself.
    keys as (
        select
            about.*,
            coalesce(carts.attribution, looks.attribution, 'record') as attribution,
            coalesce(
                carts.attribution_key, looks.attribution_key, 'shop.orders:' || about.order_id
            ) as attribution_key
        from about
        left join customer_carts as carts on about.cart_key = carts.cart_key
        left join
            looks on about.customer_id = looks.customer_id and about.product_id = looks.product_id
        where about.kind = 'keys'
    ),

    found as (
        select keys.campaign, keys.customer_id, keys.occasion, map.key_group
        from keys
        inner join map on keys.attribution_key = map.record_key
        where keys.attribution <> 'device'

        union all

        select keys.campaign, keys.customer_id, keys.occasion, devices.key_group
        from keys
        inner join
            devices
            on keys.attribution_key = devices.anonymous_id
            and keys.customer_id = devices.customer_id
        where keys.attribution = 'device'

        union all

        select about.campaign, about.customer_id, about.occasion, key_group
        from about
        inner join
            mailboxes
            on about.customer_id = mailboxes.customer_id
            and about.to_email_key = mailboxes.email_key
        where about.kind = 'mailbox'

        union all

        -- Who says the birth date may be greeted on it.
        select about.campaign, about.customer_id, about.occasion, key_group
        from about
        inner join customers on about.customer_id = customers.customer_id
        inner join
            birth_dates
            on about.customer_id = birth_dates.customer_id
            and cast(customers.birth_date as {{ dbt.type_string() }}) = birth_dates.attribute_value
        where about.kind = 'birthday'

        union all

        select about.campaign, about.customer_id, about.occasion, map.key_group
        from about
        inner join map on about.customer_id = map.customer_id
        where about.kind = 'customer'
    )

select campaign, customer_id, occasion, about.kind, found.key_group, about.to_email_key
from about
inner join found using (campaign, customer_id, occasion)
where found.key_group is not null
group by campaign, customer_id, occasion, about.kind, found.key_group, about.to_email_key

with
    signs as (select * from {{ ref('cart_touches') }} where activity = 'ordered'),

    purchase_addresses as (select * from {{ ref('purchase_addresses') }}),

    identity_map as (select * from {{ ref('identity_map') }}),

    customer_identifiers as (select * from {{ ref('customer_identifiers') }}),

    customer_emails as (
        select customer_id, email_key
        from {{ ref('customer_emails') }}
        where not is_not_personal
        group by customer_id, email_key
    ),

    device_owners as (select * from {{ ref('device_owners') }}),

    logins as ({{ login_customers() }}),

    -- Whoever any key of it leads to has bought: here it is better to take two for one.
    found as (
        select identity_map.customer_id, signs.activity_at
        from signs
        inner join
            identity_map
            on signs.source_table = identity_map.source_table
            and replace(signs.source_key, ':completed', '') = identity_map.source_key
        where signs.source_table in ('shop.orders', 'shop.checkouts')

        union all

        select customer_emails.customer_id, signs.activity_at
        from signs
        inner join customer_emails on signs.email_key = customer_emails.email_key

        union all

        select customer_emails.customer_id, purchase_addresses.purchased_at as activity_at
        from purchase_addresses
        inner join customer_emails on purchase_addresses.email_key = customer_emails.email_key

        union all

        select customer_identifiers.customer_id, signs.activity_at
        from signs
        inner join
            customer_identifiers
            on signs.shop_customer_id = customer_identifiers.identifier_value
            and customer_identifiers.identifier_type = 'shop_customer_id'

        union all

        select customer_identifiers.customer_id, signs.activity_at
        from signs
        inner join
            customer_identifiers
            on signs.phone = customer_identifiers.identifier_value
            and customer_identifiers.identifier_type = 'phone'

        union all

        select coalesce(logins.customer_id, device_owners.customer_id), signs.activity_at
        from signs
        left join logins on signs.user_id = logins.user_id
        -- A login under a blocked key may be anybody's, and is no sign of the owner.
        left join
            device_owners
            on signs.anonymous_id = device_owners.anonymous_id
            and logins.user_id is null
            and (device_owners.valid_from is null or signs.activity_at >= device_owners.valid_from)
            and (device_owners.valid_to is null or signs.activity_at < device_owners.valid_to)
    )

select customer_id, activity_at as purchased_at
from found
where customer_id is not null
group by customer_id, activity_at

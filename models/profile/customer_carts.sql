with carts as (
    select * from {{ ref('carts') }}
),

cart_events as (
    select * from {{ ref('cart_events') }}
),

identity_map as (
    select * from {{ ref('identity_map') }}
),

logins as (
    select * from {{ ref('login_customers') }}
),

device_owners as (
    select * from {{ ref('device_owners') }}
),

record_customers as (
    select
        cart_events.cart_key,
        {{ last_by('identity_map.customer_id', 'cart_events.activity_number') }} as customer_id
    from cart_events
    inner join identity_map
        on cart_events.source_table = identity_map.source_table
        and cart_events.source_key = identity_map.source_key
    where cart_events.source_table in ('shop.orders', 'shop.checkouts')
    group by cart_events.cart_key
),

attributed as (
    select
        carts.*,
        record_customers.customer_id as record_customer_id,
        logins.customer_id as user_customer_id,
        device_owners.customer_id as device_customer_id
    from carts
    left join record_customers on carts.cart_key = record_customers.cart_key
    left join logins on carts.user_id = logins.user_id
    -- A login under a blocked key may be anybody's, and is no sign of the owner.
    left join device_owners
        on carts.anonymous_id = device_owners.anonymous_id
        and logins.user_id is null
        and (
            device_owners.valid_from is null
            or carts.last_activity_at >= device_owners.valid_from
        )
        and (device_owners.valid_to is null or carts.last_activity_at < device_owners.valid_to)
)

select
    cart_key,
    coalesce(record_customer_id, user_customer_id, device_customer_id) as customer_id,
    case
        when record_customer_id is not null then 'record'
        when user_customer_id is not null then 'user_id'
        else 'device'
    end as attribution,
    cart_id,
    status,
    items_count,
    cart_value,
    currency,
    recovery_url,
    started_at,
    left_at,
    last_activity_at,
    previous_order_at,
    ordered_at
from attributed
where coalesce(record_customer_id, user_customer_id, device_customer_id) is not null

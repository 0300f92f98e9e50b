{#- Longer than a page, since each kind of evidence says itself whose a cart is. -#}
-- A mart that stands here, since segments and letters are made of it too.
{{ config(schema='marts') }}

with
    carts as (select * from {{ ref('carts') }}),

    cart_events as (select * from {{ ref('cart_events') }}),

    identity_map as (select * from {{ ref('identity_map') }}),

    mailboxes as (select * from {{ ref('key_group_mailboxes') }}),

    device_owners as (select * from {{ ref('device_owners') }}),

    purchases as (select * from {{ ref('customer_purchases') }}),

    logins as ({{ login_customers() }}),

    logins_with_mailbox as (
        select logins.user_id
        from logins
        inner join
            identity_map
            on logins.user_id = identity_map.source_key
            and identity_map.source_table = 'web.users'
        inner join mailboxes on identity_map.key_group = mailboxes.key_group
        where logins.customer_id is not null
        group by logins.user_id
    ),

    -- What is typed at a checkout tells less than the account that filled the cart.
    record_customers as (
        select
            cart_events.cart_key,
            {{ last_by('identity_map.customer_id', 'cart_events.activity_number') }} as customer_id,
            {{ last_by('identity_map.record_key', 'cart_events.activity_number') }} as record_key
        from cart_events
        inner join
            identity_map
            on cart_events.source_table = identity_map.source_table
            and cart_events.source_key = identity_map.source_key
        inner join carts on cart_events.cart_key = carts.cart_key
        left join logins_with_mailbox on carts.user_id = logins_with_mailbox.user_id
        where
            cart_events.source_table = 'shop.orders'
            or (cart_events.source_table = 'shop.checkouts' and logins_with_mailbox.user_id is null)
        group by cart_events.cart_key
    ),

    attributed as (
        select
            carts.*,
            coalesce(
                record_customers.customer_id, logins.customer_id, device_owners.customer_id
            ) as customer_id,
            case
                when record_customers.customer_id is not null
                then record_customers.record_key
                when logins.customer_id is not null
                then 'web.users:' || carts.user_id
                else carts.anonymous_id
            end as attribution_key,
            case
                when record_customers.customer_id is not null
                then 'record'
                when logins.customer_id is not null
                then 'user_id'
                else 'device'
            end as attribution
        from carts
        left join record_customers on carts.cart_key = record_customers.cart_key
        left join logins on carts.user_id = logins.user_id
        -- A login under a blocked key may be anybody's, and is no sign of the owner.
        left join
            device_owners
            on carts.anonymous_id = device_owners.anonymous_id
            and logins.user_id is null
            and (
                device_owners.valid_from is null
                or carts.last_activity_at >= device_owners.valid_from
            )
            and (device_owners.valid_to is null or carts.last_activity_at < device_owners.valid_to)
    ),

    -- Many shops pass no cart_id with an order: whatever the customer bought since something was
    -- put in last, in the same second too, ends a cart as well.
    next_purchases as (
        select attributed.cart_key, min(purchases.purchased_at) as purchased_at
        from attributed
        inner join
            purchases
            on attributed.customer_id = purchases.customer_id
            and {{ dbt.date_trunc(
                'second', 'coalesce(attributed.last_added_at, attributed.left_at)'
            ) }} <= purchases.purchased_at
        group by attributed.cart_key
    )

select
    attributed.cart_key,
    attributed.customer_id,
    attributed.attribution,
    attributed.attribution_key,
    attributed.cart_id,
    attributed.status,
    attributed.items_count,
    attributed.cart_value,
    attributed.currency,
    attributed.is_offered,
    attributed.recovery_url,
    attributed.started_at,
    attributed.left_at,
    attributed.last_activity_at,
    attributed.previous_order_at,
    attributed.ordered_at,
    case
        when next_purchases.purchased_at is null
        then attributed.ordered_at
        when attributed.ordered_at is null
        then next_purchases.purchased_at
        else least(attributed.ordered_at, next_purchases.purchased_at)
    end as purchased_at
from attributed
left join next_purchases on attributed.cart_key = next_purchases.cart_key
where attributed.customer_id is not null

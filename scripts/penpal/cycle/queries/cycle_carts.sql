-- One row per cart id that the people concerned had to do with.
select cart_id
from {{ ref('stg_web__events') }}
where
    cart_id is not null
    and (
        anonymous_id in (select anonymous_id from cycle.devices)
        or user_id in (select source_key from cycle.records where source_table = 'web.users')
    )

union

select checkouts.cart_id
from {{ ref('stg_shop__checkouts') }} as checkouts
where
    checkouts.cart_id is not null
    and (
        checkouts.anonymous_id in (select anonymous_id from cycle.devices)
        or checkouts.checkout_id in (select source_key from cycle.records where source_table = 'shop.checkouts')
    )

union

select cart_id
from {{ ref('stg_shop__orders') }}
where
    cart_id is not null
    and order_id in (select source_key from cycle.records where source_table = 'shop.orders')

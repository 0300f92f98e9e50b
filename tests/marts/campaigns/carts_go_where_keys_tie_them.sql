-- A likeness never carries one person's cart to another's mailbox.
with
    letters as (
        select * from {{ ref('email_candidates') }} where email is not null and cart_key is not null
    ),

    carts as (select * from {{ ref('customer_carts') }}),

    mailboxes as (select * from {{ ref('key_group_mailboxes') }}),

    tied as (
        select carts.cart_key, map.key_group
        from carts
        inner join {{ ref('identity_map') }} as map on carts.attribution_key = map.record_key

        union all

        select carts.cart_key, devices.key_group
        from carts
        inner join
            {{ ref('device_key_groups') }} as devices
            on carts.attribution_key = devices.anonymous_id
            and carts.customer_id = devices.customer_id
    )

select letters.message_id, letters.customer_id
from letters
left join
    (
        select tied.cart_key, mailboxes.email_key
        from tied
        inner join mailboxes on tied.key_group = mailboxes.key_group
    ) as right_ones
    on letters.cart_key = right_ones.cart_key
    and letters.email_key = right_ones.email_key
where right_ones.cart_key is null

with
    letters as (select * from {{ ref('email_letters') }} where can_personalize),

    looks as (select * from {{ ref('customer_product_looks') }}),

    products as (select * from {{ ref('products') }}),

    map as (select * from {{ ref('identity_map') }}),

    devices as (select * from {{ ref('device_key_groups') }}),

    mailboxes as (select * from {{ ref('key_group_mailboxes') }}),

    readers as (select customer_id from letters group by customer_id),

    -- Whose looks they are: the account's, or those of a device that no second one used.
    owned as (
        select looks.customer_id, looks.product_id, looks.looked_at, map.key_group
        from looks
        inner join readers on looks.customer_id = readers.customer_id
        inner join map on looks.attribution_key = map.record_key
        where looks.attribution <> 'device'

        union all

        select looks.customer_id, looks.product_id, looks.looked_at, devices.key_group
        from looks
        inner join readers on looks.customer_id = readers.customer_id
        inner join
            devices
            on looks.attribution_key = devices.anonymous_id
            and looks.customer_id = devices.customer_id
        where looks.attribution = 'device'
    ),

    -- A mailbox is told what records tied to it by keys looked at.
    told as (
        select letters.message_id, owned.product_id, max(owned.looked_at) as last_look_at
        from letters
        inner join
            mailboxes
            on letters.customer_id = mailboxes.customer_id
            and letters.email_key = mailboxes.email_key
        inner join
            owned
            on mailboxes.customer_id = owned.customer_id
            and mailboxes.key_group = owned.key_group
        group by letters.message_id, owned.product_id
    ),

    ranked as (
        select
            told.message_id,
            row_number() over (
                partition by told.message_id order by told.last_look_at desc, told.product_id
            ) as place,
            {{ product_json(reason="'viewed'") }} as product
        from told
        inner join products on told.product_id = products.product_id
        where products.shop_rank is not null
    )

select message_id, {{ json_array_agg('product', 'place') }} as viewed
from ranked
where place <= 5
group by message_id

-- A likeness never carries one person's order to another's mailbox, nor a letter to a mailbox
-- that did
-- not ask for it.
with
    letters as (select * from {{ ref('email_candidates') }} where email is not null),

    mailboxes as (select * from {{ ref('key_group_mailboxes') }}),

    orders as (
        select map.source_key as order_id, mailboxes.email_key
        from {{ ref('identity_map') }} as map
        inner join mailboxes on map.key_group = mailboxes.key_group
        where map.source_table = 'shop.orders'
    ),

    occasions as (select * from {{ ref('campaign_occasions') }} where to_email_key is not null)

select letters.message_id
from letters
left join orders on letters.order_id = orders.order_id and letters.email_key = orders.email_key
where letters.order_id is not null and letters.cart_key is null and orders.order_id is null

union all

select letters.message_id
from letters
inner join
    occasions
    on letters.campaign = occasions.campaign
    and letters.customer_id = occasions.customer_id
    and letters.occasion = occasions.occasion
where letters.order_id is null and letters.email_key <> occasions.to_email_key

-- A likeness never carries one person's cart to another's mailbox.
select letters.message_id, letters.customer_id, carts.key_group
from {{ ref('email_candidates') }} as letters
inner join {{ ref('customer_carts') }} as carts on letters.cart_key = carts.cart_key
left join
    {{ ref('key_group_mailboxes') }} as mailboxes
    on carts.key_group = mailboxes.key_group
    and letters.email_key = mailboxes.email_key
where letters.email is not null and mailboxes.key_group is null

with
    sightings as (select * from {{ ref('device_sightings') }}),

    letter_visits as (select * from {{ ref('letter_visits') }}),

    mailboxes as (select * from {{ ref('key_group_mailboxes') }}),

    seen as (
        select anonymous_id, customer_id, key_group
        from sightings

        union all

        select letter_visits.anonymous_id, mailboxes.customer_id, mailboxes.key_group
        from letter_visits
        inner join mailboxes on letter_visits.email_key = mailboxes.email_key
    )

select anonymous_id, customer_id, min(key_group) as key_group
from seen
group by anonymous_id, customer_id
-- Where several used it, a likeness alone makes them one customer.
having min(key_group) = max(key_group)

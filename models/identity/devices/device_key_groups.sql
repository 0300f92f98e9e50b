with
    sightings as (select * from {{ ref('device_sightings') }}),

    letter_visits as (select * from {{ ref('letter_visits') }}),

    mailboxes as (select * from {{ ref('key_group_mailboxes') }}),

    seen as (
        select anonymous_id, customer_id, key_group
        from sightings

        union

        select letter_visits.anonymous_id, mailboxes.customer_id, mailboxes.key_group
        from letter_visits
        inner join mailboxes on letter_visits.email_key = mailboxes.email_key
    ),

    counted as (
        select *, count(*) over (partition by anonymous_id, customer_id) as key_groups_count
        from seen
    ),

    mailboxes_seen as (
        select
            counted.anonymous_id,
            counted.customer_id,
            counted.key_group,
            counted.key_groups_count,
            mailboxes.email_key,
            count(*) over (
                partition by counted.anonymous_id, counted.customer_id, mailboxes.email_key
            ) as times_seen
        from counted
        left join mailboxes on counted.key_group = mailboxes.key_group
    ),

    -- Of the groups seen, one whose mailboxes are all of theirs: the others tell no less.
    common as (
        select anonymous_id, customer_id, key_group
        from mailboxes_seen
        group by anonymous_id, customer_id, key_group, key_groups_count
        having
            min(case when email_key is null then 0 else times_seen end) = key_groups_count
            or key_groups_count = 1
    )

select anonymous_id, customer_id, min(key_group) as key_group
from common
group by anonymous_id, customer_id

{#- What recommendations and scores are made of: other records add nothing to them. -#}
{%- set acts = [
    'shop.orders', 'shop.checkouts', 'web.users', 'web.identify', 'crm.surveys', 'email.clicks'
] %}

with
    subjects as (select * from {{ ref('occasion_subjects') }}),

    map as (select * from {{ ref('identity_map') }}),

    mailboxes as (select * from {{ ref('key_group_mailboxes') }}),

    emails as (
        select * from {{ ref('customer_emails') }} where not is_not_personal and not is_given_up
    ),

    people as (select customer_id from subjects group by customer_id),

    -- Records that keys hold together; several of one customer are one by likeness alone.
    key_groups as (
        select
            map.customer_id,
            map.key_group,
            max(
                case when map.source_table in ('{{ acts | join("', '") }}') then 1 else 0 end
            ) as acts
        from map
        inner join people on map.customer_id = people.customer_id
        group by map.customer_id, map.key_group
    ),

    counts as (
        select customer_id, count(*) as key_groups_count, sum(acts) as acting_count
        from key_groups
        group by customer_id
    ),

    ranked as (
        select
            subjects.campaign,
            subjects.customer_id,
            subjects.occasion,
            emails.email,
            emails.email_key,
            row_number() over (
                partition by subjects.campaign, subjects.customer_id, subjects.occasion
                order by emails.preference
            ) as choice
        from subjects
        inner join
            mailboxes
            on subjects.customer_id = mailboxes.customer_id
            and subjects.key_group = mailboxes.key_group
        inner join
            emails
            on mailboxes.customer_id = emails.customer_id
            and mailboxes.email_key = emails.email_key
    ),

    -- How much of the customer the mailbox stands for.
    owned as (
        select
            mailboxes.customer_id,
            mailboxes.email_key,
            count(*) as key_groups_count,
            sum(key_groups.acts) as acting_count
        from mailboxes
        inner join
            key_groups
            on mailboxes.customer_id = key_groups.customer_id
            and mailboxes.key_group = key_groups.key_group
        group by mailboxes.customer_id, mailboxes.email_key
    )

select
    ranked.campaign,
    ranked.customer_id,
    ranked.occasion,
    ranked.email,
    ranked.email_key,
    owned.key_groups_count = counts.key_groups_count as is_all_theirs,
    owned.acting_count = counts.acting_count as is_activity_theirs
from ranked
inner join counts on ranked.customer_id = counts.customer_id
inner join owned on ranked.customer_id = owned.customer_id and ranked.email_key = owned.email_key
where ranked.choice = 1

{#- Longer than a page, since each kind of occasion says itself whose records it is about. -#}
{#- What recommendations and scores are made of: other records add nothing to them. -#}
{%- set acts = [
    'shop.orders', 'shop.checkouts', 'web.users', 'web.identify', 'crm.surveys', 'email.clicks'
] %}

with
    occasions as (select * from {{ ref('campaign_occasions') }}),

    customers as (select * from {{ ref('customers') }}),

    customer_carts as (select * from {{ ref('customer_carts') }}),

    birth_dates as (
        select * from {{ ref('customer_attribute_candidates') }} where attribute = 'birth_date'
    ),

    map as (select * from {{ ref('identity_map') }}),

    device_key_groups as (select * from {{ ref('device_key_groups') }}),

    mailboxes as (select * from {{ ref('key_group_mailboxes') }}),

    emails as (
        select * from {{ ref('customer_emails') }} where not is_not_personal and not is_given_up
    ),

    people as (select customer_id from occasions group by customer_id),

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

    -- Whose records an occasion is about: who says the birth date may be greeted on it.
    subjects as (
        select
            occasions.campaign,
            occasions.customer_id,
            occasions.occasion,
            coalesce(map.key_group, device_key_groups.key_group) as key_group
        from occasions
        inner join customer_carts on occasions.cart_key = customer_carts.cart_key
        left join
            map
            on customer_carts.attribution_key = map.record_key
            and customer_carts.attribution <> 'device'
        left join
            device_key_groups
            on customer_carts.attribution_key = device_key_groups.anonymous_id
            and customer_carts.customer_id = device_key_groups.customer_id
            and customer_carts.attribution = 'device'

        union all

        select occasions.campaign, occasions.customer_id, occasions.occasion, birth_dates.key_group
        from occasions
        inner join customers on occasions.customer_id = customers.customer_id
        inner join
            birth_dates
            on occasions.customer_id = birth_dates.customer_id
            and cast(customers.birth_date as {{ dbt.type_string() }}) = birth_dates.attribute_value
        where occasions.segment = 'birthday_today'

        union all

        select occasions.campaign, occasions.customer_id, occasions.occasion, key_groups.key_group
        from occasions
        inner join key_groups on occasions.customer_id = key_groups.customer_id
        where occasions.cart_key is null and occasions.segment <> 'birthday_today'
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

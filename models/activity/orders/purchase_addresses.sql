with
    -- One address alone is read already.
    orders_placed as (
        select * from {{ ref('placed_orders') }} where not {{ is_plain_address('email') }}
    ),

    checkouts as (
        select *
        from {{ ref('checked_shop__checkouts') }}
        where
            completed_at is not null
            and fate in ('staged', 'rejected')
            and not {{ is_plain_address('email') }}
    ),

    site_orders as (
        select *
        from {{ ref('checked_web__events') }}
        where fate in ('staged', 'rejected') and {{ cart_activity('event_name') }} = 'ordered'
    ),

    -- Some shops know a guest by the address.
    told as (
        select email_text, purchased_at
        from orders_placed

        union all

        select shop_customer_id as email_text, purchased_at
        from {{ ref('placed_orders') }}
        where shop_customer_id like '%@%'

        union all

        select raw_email as email_text, {{ end_of_day('completed_at', as_of()) }} as purchased_at
        from checkouts

        union all

        {%- for text in [
            json_text('properties', 'email'),
            json_text('context', 'traits.email'),
            "case when user_id like '%@%' then user_id end",
        ] %}
            select {{ text }} as email_text, event_at as purchased_at
            from site_orders {{- ' union all' if not loop.last }}
        {%- endfor %}
    ),

    read as (
        select *, {{ standardise_email('email_text') }} as email
        from told
        where email_text is not null and purchased_at <= {{ as_of() }}
    ),

    found as (
        select
            purchased_at,
            email,
            {{ addresses_within(
                'case when not ' ~ is_plain_address('email') ~ ' then email_text end'
            ) }} as found_emails
        from read
    ),

    mailboxes as (
        select purchased_at, {{ split_rows('coalesce(found_emails, email)', ';') }} as email
        from found
        where coalesce(found_emails, email) is not null
    ),

    keyed as (select purchased_at, {{ email_key('email') }} as email_key from mailboxes)

select email_key, purchased_at
from keyed
where email_key is not null
group by email_key, purchased_at

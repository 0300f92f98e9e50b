with
    orders_placed as (select * from {{ ref('placed_orders') }}),

    checkouts as (select * from {{ ref('checked_shop__checkouts') }}),

    web_events as (
        select * from {{ ref('checked_web__events') }} where fate in ('staged', 'rejected')
    ),

    told as (
        select email, email_text, purchased_at
        from orders_placed

        union all

        -- Some shops know a guest by the address.
        select
            cast(null as {{ dbt.type_string() }}) as email,
            shop_customer_id as email_text,
            purchased_at
        from orders_placed

        union all

        select
            email,
            raw_email as email_text,
            {{ end_of_day('completed_at', as_of()) }} as purchased_at
        from checkouts
        where completed_at is not null and fate in ('staged', 'rejected')

        union all

        {%- for text in [
            json_text('properties', 'email'), json_text('context', 'traits.email'), 'user_id'
        ] %}
            select
                cast(null as {{ dbt.type_string() }}) as email,
                {{ text }} as email_text,
                event_at as purchased_at
            from web_events
            where {{ cart_activity('event_name') }} = 'ordered' {{- ' union all' if not loop.last }}
        {%- endfor %}
    ),

    -- One address alone is read already; here, any in the text.
    found as (
        select
            purchased_at,
            {{ addresses_within(
                'case when not ' ~ is_plain_address('email') ~ ' then email_text end'
            ) }} as found_emails
        from told
        where email_text is not null and purchased_at <= {{ as_of() }}
    ),

    mailboxes as (
        select purchased_at, {{ split_rows('found_emails', ';') }} as email
        from found
        where found_emails is not null
    ),

    keyed as (select purchased_at, {{ email_key('email') }} as email_key from mailboxes)

select email_key, purchased_at
from keyed
where email_key is not null
group by email_key, purchased_at

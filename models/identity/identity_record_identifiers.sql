{{ config(
    materialized='scoped',
    replaces=[
        ['record_key', 'identity_reread_records'],
        ['identifier_type, identifier_value', 'identity_reread_occasions'],
    ],
) }}

with contacts as (
    select * from {{ ref('stg_crm__contacts') }}
    where not is_deleted and {{ is_reread_in('crm.contacts', 'contact_id') }}
),

contact_lists as (
    select
        contact_id,
        created_at,
        {{ split_rows('merged_contact_ids', ';') }} as merged_contact_id
    from contacts
),

contact_emails as (
    select
        contact_id,
        created_at,
        email as main_email,
        {{ split_rows('additional_emails', ';') }} as email
    from contacts
),

accounts as (
    select * from {{ ref('stg_shop__customers') }}
    where {{ is_reread_in('shop.customers', 'shop_customer_id') }}
),

orders as (
    select * from {{ ref('stg_shop__orders') }}
    where {{ is_reread_in('shop.orders', 'order_id') }}
),

checkouts as (
    select * from {{ ref('stg_shop__checkouts') }}
    where {{ is_reread_in('shop.checkouts', 'checkout_id') }}
),

users as (select * from {{ ref('identity_web_users') }}),

identifies as (
    select * from {{ ref('stg_web__events') }}
    where
        not is_bot
        and event_type = 'identify'
        and (
            {{ is_reread_in('web.users', 'user_id') }}
            or {{ is_reread_in('web.identify', 'message_id') }}
        )
),

mailboxes as (
    select * from {{ ref('identity_records') }}
    where
        source_table in ('crm.consents', 'crm.surveys', 'email.clicks')
        and {{ is_reread('record_key') }}
),

occasions as (select * from {{ ref('identity_occasions') }}),

-- What a record can say more than once.
repeated as (
    select
        'crm.contacts:' || contact_id as record_key,
        'contact_id' as identifier_type,
        {{ known_id('trim(merged_contact_id)') }} as identifier_value,
        trim(merged_contact_id) as shown_value,
        created_at as observed_at
    from contact_lists
    where trim(merged_contact_id) <> contact_id
    union all
    select
        'crm.contacts:' || contact_id,
        'email',
        {{ email_key('email') }},
        email,
        created_at
    from contact_emails
    where main_email is null or email <> main_email
    union all
    select
        coalesce('web.users:' || user_id, 'web.identify:' || message_id),
        'email',
        traits_email_key,
        traits_email,
        event_at
    from identifies
    union all
    select
        coalesce('web.users:' || user_id, 'web.identify:' || message_id),
        'phone',
        traits_phone,
        traits_phone,
        event_at
    from identifies
),

identifiers as (
    select
        'crm.contacts:' || contact_id as record_key,
        'contact_id' as identifier_type,
        contact_id as identifier_value,
        contact_id as shown_value,
        created_at as observed_at
    from contacts
    union all
    select
        'crm.contacts:' || contact_id,
        'email',
        email_key,
        email,
        created_at
    from contacts
    union all
    select
        'crm.contacts:' || contact_id,
        'phone',
        phone,
        phone,
        created_at
    from contacts
    union all
    select
        'crm.contacts:' || contact_id,
        'phone',
        mobile_phone,
        mobile_phone,
        created_at
    from contacts
    where phone is null or mobile_phone <> phone

    union all

    select
        'shop.customers:' || shop_customer_id,
        'shop_customer_id',
        shop_customer_id,
        shop_customer_id,
        created_at
    from accounts
    union all
    select
        'shop.customers:' || shop_customer_id,
        'email',
        email_key,
        email,
        created_at
    from accounts
    union all
    select
        'shop.customers:' || shop_customer_id,
        'phone',
        phone,
        phone,
        created_at
    from accounts

    union all

    select
        'shop.orders:' || order_id,
        'shop_customer_id',
        shop_customer_id,
        shop_customer_id,
        created_at
    from orders
    union all
    select
        'shop.orders:' || order_id,
        'email',
        email_key,
        email,
        created_at
    from orders
    union all
    select
        'shop.orders:' || order_id,
        'phone',
        phone,
        phone,
        created_at
    from orders

    union all

    select
        'shop.checkouts:' || checkout_id,
        'email',
        email_key,
        email,
        created_at
    from checkouts
    union all
    select
        'shop.checkouts:' || checkout_id,
        'phone',
        phone,
        phone,
        created_at
    from checkouts

    union all

    select
        'web.users:' || user_id,
        '{{ var('user_id_is') }}',
        user_id,
        user_id,
        first_seen_at
    from users
    where source_table = 'web.users'

    union all

    select
        record_key,
        'email',
        source_key,
        source_key,
        observed_at
    from mailboxes

    union all

    select
        record_key,
        identifier_type,
        identifier_value,
        identifier_value,
        observed_at
    from occasions

    union all

    select
        record_key,
        identifier_type,
        identifier_value,
        shown_value,
        min(observed_at)
    from repeated
    group by record_key, identifier_type, identifier_value, shown_value
)

select
    record_key,
    identifier_type,
    identifier_value,
    shown_value,
    observed_at
from identifiers
where identifier_value is not null

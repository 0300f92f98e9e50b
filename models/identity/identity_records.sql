{{ config(materialized='scoped', replaces=[['record_key', 'identity_reread_records']]) }}

with contacts as (
    select * from {{ ref('stg_crm__contacts') }}
    where not is_deleted and {{ is_reread_in('crm.contacts', 'contact_id') }}
),

consents as (
    select * from {{ ref('stg_crm__consents') }}
    where {{ is_reread_in('crm.consents', 'email_key') }}
),

surveys as (
    select * from {{ ref('stg_crm__surveys') }}
    where {{ is_reread_in('crm.surveys', 'email_key') }}
),

accounts as (
    select * from {{ ref('stg_shop__customers') }}
    where {{ is_reread_in('shop.customers', 'shop_customer_id') }}
),

orders as (
    select * from {{ ref('identity_orders') }}
    where {{ is_reread_in('shop.orders', 'order_id') }}
),

checkouts as (
    select * from {{ ref('stg_shop__checkouts') }}
    where {{ is_reread_in('shop.checkouts', 'checkout_id') }}
),

web_users as (select * from {{ ref('identity_web_users') }}),

clicks as (
    select * from {{ ref('stg_email__events') }}
    where
        event_type = 'clicked'
        and not is_machine_open
        and {{ is_reread_in('email.clicks', 'email_key') }}
),

nicknames as (select * from {{ ref('nicknames') }}),

-- What is known of a mailbox only: one record a mailbox, since nothing tells its rows apart.
mailboxes as (
    select 'crm.consents' as source_table, email_key, occurred_at as observed_at from consents
    union all
    select 'crm.surveys', email_key, submitted_at from surveys
    union all
    select 'email.clicks', email_key, occurred_at
    from clicks
),

-- Sources that know less of somebody leave the rest null.
records as (
    select
        'crm.contacts' as source_table,
        contact_id as source_key,
        created_at as observed_at,
        first_name_key,
        last_name_key,
        birth_date,
        birth_date_key,
        gender,
        street_key,
        city_key,
        postal_code,
        email_key,
        coalesce(mobile_phone, phone) as phone,
        country,
        true as names_its_person
    from contacts

    union all

    select
        'shop.customers',
        shop_customer_id,
        created_at,
        first_name_key,
        last_name_key,
        null,
        null,
        null,
        street_key,
        city_key,
        postal_code,
        email_key,
        phone,
        country,
        true
    from accounts

    union all

    select
        'shop.orders',
        order_id,
        created_at,
        first_name_key,
        last_name_key,
        null,
        null,
        null,
        street_key,
        city_key,
        postal_code,
        email_key,
        phone,
        country,
        -- Who a parcel of an account is for is not the account's holder.
        is_guest
    from orders
    where coalesce(shop_customer_id, email_key, phone) is not null

    union all

    select
        'shop.checkouts',
        checkout_id,
        created_at,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        email_key,
        phone,
        null,
        true
    from checkouts
    where coalesce(email_key, phone) is not null

    union all

    select
        source_table,
        source_key,
        first_seen_at,
        first_name_key,
        last_name_key,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        true
    from web_users

    union all

    select
        source_table,
        email_key,
        min(observed_at),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        email_key,
        null,
        null,
        true
    from mailboxes
    group by source_table, email_key
)

select
    records.source_table || ':' || records.source_key as record_key,
    records.source_table,
    records.source_key,
    records.observed_at,
    {{ without_name_suffix('records.first_name_key') }} as first_name_key,
    {{ without_name_suffix('records.last_name_key') }} as last_name_key,
    coalesce(
        {{ name_suffix('records.last_name_key') }}, {{ name_suffix('records.first_name_key') }}
    ) as name_suffix,
    coalesce(nicknames.canonical_name, split_part(records.first_name_key, ' ', 1)) as given_name,
    records.birth_date,
    records.birth_date_key,
    records.gender,
    records.street_key,
    records.city_key,
    {{ regex_replace('records.postal_code', '[^0-9A-Z]', '') }} as postal_code_key,
    records.email_key,
    records.phone,
    records.country,
    records.names_its_person
from records
left join nicknames on split_part(records.first_name_key, ' ', 1) = nicknames.name

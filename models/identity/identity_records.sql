{{ config(materialized='table') }}

with contacts as (select * from {{ ref('stg_crm__contacts') }}),

consents as (select * from {{ ref('stg_crm__consents') }}),

surveys as (select * from {{ ref('stg_crm__surveys') }}),

accounts as (select * from {{ ref('stg_shop__customers') }}),

orders as (select * from {{ ref('stg_shop__orders') }}),

checkouts as (select * from {{ ref('stg_shop__checkouts') }}),

web_users as (select * from {{ ref('identity_web_users') }}),

email_events as (select * from {{ ref('stg_email__events') }}),

-- What is known of a mailbox only: one record a mailbox, since nothing tells its rows apart.
mailboxes as (
    select 'crm.consents' as source_table, email_key, occurred_at as observed_at from consents
    union all
    select 'crm.surveys', email_key, submitted_at from surveys
    union all
    select 'email.clicks', email_key, occurred_at
    from email_events
    where event_type = 'clicked' and not is_machine_open
),

records as (
    select
        'crm.contacts' as source_table,
        contact_id as source_key,
        created_at as observed_at,
        first_name_key,
        last_name_key,
        birth_date
    from contacts
    where not is_deleted

    union all

    select 'shop.customers', shop_customer_id, created_at, first_name_key, last_name_key, null
    from accounts

    union all

    select 'shop.orders', order_id, created_at, first_name_key, last_name_key, null
    from orders
    where coalesce(shop_customer_id, email_key, phone) is not null

    union all

    select 'shop.checkouts', checkout_id, created_at, null, null, null
    from checkouts
    where coalesce(email_key, phone) is not null

    union all

    select source_table, source_key, first_seen_at, first_name_key, last_name_key, null
    from web_users

    union all

    select source_table, email_key, min(observed_at), null, null, null
    from mailboxes
    group by source_table, email_key
)

select
    source_table || ':' || source_key as record_key,
    source_table,
    source_key,
    observed_at,
    first_name_key,
    last_name_key,
    birth_date
from records

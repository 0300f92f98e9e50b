{{ config(materialized='view') }}

with
    contacts as (
        select
            *, case when phone is null or mobile_phone <> phone then mobile_phone end as other_phone
        from {{ ref('stg_crm__contacts') }}
        where not is_deleted
    ),

    accounts as (select * from {{ ref('stg_shop__customers') }}),

    orders as (select * from {{ ref('stg_shop__orders') }}),

    checkouts as (select * from {{ ref('stg_shop__checkouts') }}),

    users as (select * from {{ ref('web_users') }} where source_table = 'web.users'),

    identifies as (
        select * from {{ ref('stg_web__events') }} where event_type = 'identify' and not is_bot
    ),

    mailboxes as (select * from {{ ref('mailboxes') }}),

    occasions as (select * from {{ ref('identity_occasions') }}),

    -- Other ids and addresses of a contact; it may list its own.
    listed as (
        select
            contact_id,
            'contact_id' as identifier_type,
            contact_id as own_value,
            {{ split_rows('merged_contact_ids', ';') }} as listed_value,
            created_at
        from contacts
        union all
        select
            contact_id,
            'email' as identifier_type,
            email as own_value,
            {{ split_rows('additional_emails', ';') }} as listed_value,
            created_at
        from contacts
    ),

    others as (
        select
            contact_id,
            trim(listed_value) as shown_value,
            case
                when identifier_type = 'email' then {{ email_key('trim(listed_value)') }}
            end as email_key,
            case
                when identifier_type = 'contact_id' then {{ known_id('trim(listed_value)') }}
            end as other_contact_id,
            created_at
        from listed
        where own_value is null or trim(listed_value) <> own_value
    )

    {{ stated_values('contacts', "'crm.contacts:' || contact_id", 'created_at', [
    ['contact_id', 'contact_id', 'contact_id'],
    ['email', 'email_key', 'email'],
    ['phone', 'phone', 'phone'],
    ['phone', 'other_phone', 'other_phone'],
]) }}
union all
{{ stated_values('others', "'crm.contacts:' || contact_id", 'created_at', [
    ['contact_id', 'other_contact_id', 'shown_value'],
    ['email', 'email_key', 'shown_value'],
]) }}
union all
{{ stated_values('accounts', "'shop.customers:' || shop_customer_id", 'created_at', [
    ['shop_customer_id', 'shop_customer_id', 'shop_customer_id'],
    ['email', 'email_key', 'email'],
    ['phone', 'phone', 'phone'],
]) }}
union all
{{ stated_values('orders', "'shop.orders:' || order_id", 'created_at', [
    ['shop_customer_id', 'shop_customer_id', 'shop_customer_id'],
    ['email', 'email_key', 'email'],
    ['phone', 'phone', 'phone'],
]) }}
union all
{{ stated_values('checkouts', "'shop.checkouts:' || checkout_id", 'created_at', [
    ['email', 'email_key', 'email'],
    ['phone', 'phone', 'phone'],
]) }}
union all
{{ stated_values('users', "'web.users:' || user_id", 'first_seen_at', [
    [var('user_id_is'), 'user_id', 'user_id'],
]) }}
union all
{{ stated_values(
    'identifies', "coalesce('web.users:' || user_id, 'web.identify:' || message_id)", 'event_at', [
        ['email', 'traits_email_key', 'traits_email'],
        ['phone', 'traits_phone', 'traits_phone'],
    ]
) }}
union all
{{ stated_values('mailboxes', "source_table || ':' || email_key", 'first_seen_at', [
    ['email', 'email_key', 'email_key'],
]) }}
union all
select record_key, identifier_type, identifier_value, identifier_value as shown_value, observed_at
from occasions

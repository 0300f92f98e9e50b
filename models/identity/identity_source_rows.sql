{{ config(materialized='view') }}

with contacts as (
    select * from {{ ref('stg_crm__contacts') }}
    where not is_deleted
),

consents as (select * from {{ ref('stg_crm__consents') }}),

surveys as (select * from {{ ref('stg_crm__surveys') }}),

accounts as (select * from {{ ref('stg_shop__customers') }}),

orders as (select * from {{ ref('stg_shop__orders') }}),

checkouts as (select * from {{ ref('stg_shop__checkouts') }}),

clicks as (
    select * from {{ ref('stg_email__events') }}
    where event_type = 'clicked' and not is_machine_open
),

events as (
    select * from {{ ref('stg_web__events') }}
    where not is_bot
),

overrides as (select * from {{ ref('identity_overrides') }}),

said as (
    select
        'crm.contacts:' || contact_id as owner,
        {{ hash64(
            'created_at, first_name_key, last_name_key, birth_date, birth_date_key, gender, street_key,'
            ~ ' city_key, postal_code, country, email_key, email, additional_emails, phone, mobile_phone,'
            ~ ' merged_contact_ids'
        ) }} as said
    from contacts

    union all

    select
        'shop.customers:' || shop_customer_id,
        {{ hash64(
            'created_at, first_name_key, last_name_key, street_key, city_key, postal_code, country,'
            ~ ' email_key, email, phone'
        ) }}
    from accounts

    union all

    select
        'shop.orders:' || order_id,
        {{ hash64(
            'created_at, shop_customer_id, first_name_key, last_name_key, street_key, city_key,'
            ~ ' postal_code, country, email_key, email, phone, cart_id'
        ) }}
    from orders

    union all

    select
        'shop.checkouts:' || checkout_id,
        {{ hash64('created_at, email_key, email, phone, cart_id') }}
    from checkouts

    union all

    select 'a:' || anonymous_id, {{ hash64('checkout_id, created_at, cart_id') }}
    from checkouts
    where anonymous_id is not null

    union all

    select 'crm.consents:' || email_key, {{ hash64('min(occurred_at)') }}
    from consents
    group by email_key

    union all

    select 'crm.surveys:' || email_key, {{ hash64('min(submitted_at)') }}
    from surveys
    group by email_key

    union all

    select 'email.clicks:' || email_key, {{ hash64('min(occurred_at)') }}
    from clicks
    group by email_key

    union all

    -- Hashed once more: where only the last column differs, so do DuckDB's hashes by a xor.
    select
        {{ visitor_key() }},
        bit_xor({{ hash64(hash64(
            'message_id, event_at, received_at, user_id, event_type, event_name, cart_id, order_id,'
            ~ ' page_url, letter_message_id, traits_first_name, traits_last_name, traits_email_key,'
            ~ ' traits_email, traits_phone'
        )) }})
    from events
    group by {{ visitor_key() }}

    union all

    -- A decision may be written down both ways round.
    select record_key_a, {{ hash64("'a', record_key_b, decision, decided_by, decided_at") }}
    from overrides

    union all

    select record_key_b, {{ hash64("'b', record_key_a, decision, decided_by, decided_at") }}
    from overrides
)

select
    owner,
    {{ hash64('owner, said') }} as fingerprint
from said
where owner is not null

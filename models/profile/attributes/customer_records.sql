{{ config(materialized='view') }}

{%- set text = dbt.type_string() %}
{%- set columns = {
    'source': text, 'source_table': text, 'source_key': text, 'said_by': text,
    'observed_at': 'timestamp', 'first_name': text, 'last_name': text, 'phone': text,
    'gender': text, 'birth_date': 'date', 'language': text, 'timezone': text,
    'street_address': text, 'city': text, 'region': text, 'postal_code': text, 'country': text,
} %}
{%- set demography = ['gender', 'birth_date', 'language', 'timezone'] %}
{%- set address = ['street_address', 'city', 'region', 'postal_code', 'country'] %}

with
    identity_map as (select * from {{ ref('identity_map') }}),

    contacts as (
        select
            'crm.contacts' as source,
            'crm.contacts' as source_table,
            contact_id as source_key,
            contact_id as said_by,
            coalesce(updated_at, created_at) as observed_at,
            first_name,
            last_name,
            coalesce(mobile_phone, phone) as phone,
            {{ (demography + address) | join(', ') }}
        from {{ ref('stg_crm__contacts') }}
        where not coalesce(is_deleted, false)
    ),

    accounts as (
        select
            'shop.customers' as source,
            'shop.customers' as source_table,
            shop_customer_id as source_key,
            shop_customer_id as said_by,
            coalesce(updated_at, created_at) as observed_at,
            first_name,
            last_name,
            phone,
            {{ address | join(', ') }}
        from {{ ref('stg_shop__customers') }}
    ),

    -- Observed when ordered: a later refund says nothing new about the person.
    orders as (
        select
            'shop.orders' as source,
            'shop.orders' as source_table,
            order_id as source_key,
            order_id as said_by,
            created_at as observed_at,
            first_name,
            last_name,
            phone,
            {{ address | join(', ') }}
        from {{ ref('stg_shop__orders') }}
    ),

    checkouts as (
        select
            'shop.checkouts' as source,
            'shop.checkouts' as source_table,
            checkout_id as source_key,
            checkout_id as said_by,
            created_at as observed_at,
            phone
        from {{ ref('stg_shop__checkouts') }}
    ),

    identify_calls as (
        select
            'web.events' as source,
            case when user_id is null then 'web.identify' else 'web.users' end as source_table,
            coalesce(user_id, message_id) as source_key,
            message_id as said_by,
            event_at as observed_at,
            traits_first_name as first_name,
            traits_last_name as last_name,
            traits_phone as phone
        from {{ ref('stg_web__events') }}
        where event_type = 'identify' and not coalesce(is_bot, false)
    ),

    records as (
        {{ union_by_name(columns, {
        'contacts': [],
        'accounts': demography,
        'orders': demography,
        'checkouts': ['first_name', 'last_name'] + demography + address,
        'identify_calls': demography + address,
    }) }}
    )

select
    records.source || ':' || records.said_by as record_key,
    identity_map.customer_id,
    identity_map.key_group,
    records.source,
    records.source_table,
    records.source_key,
    records.observed_at,
    records.first_name,
    records.last_name,
    records.phone,
    records.gender,
    records.birth_date,
    records.language,
    records.timezone,
    records.street_address,
    records.city,
    records.region,
    records.postal_code,
    records.country,
    records.city is null and records.postal_code is null as has_no_place
from records
inner join
    identity_map
    on records.source_table = identity_map.source_table
    and records.source_key = identity_map.source_key

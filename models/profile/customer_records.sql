{{ config(materialized='view') }}

with contacts as (
    select * from {{ ref('stg_crm__contacts') }}
),

shop_customers as (
    select * from {{ ref('stg_shop__customers') }}
),

orders as (
    select * from {{ ref('stg_shop__orders') }}
),

checkouts as (
    select * from {{ ref('stg_shop__checkouts') }}
),

web_events as (
    select * from {{ ref('stg_web__events') }}
),

identity_map as (
    select * from {{ ref('identity_map') }}
),

records as (
    -- A deleted contact no longer speaks for anybody.
    select
        'crm.contacts:' || contact_id as record_key,
        'crm.contacts' as source,
        'crm.contacts' as source_table,
        contact_id as source_key,
        coalesce(updated_at, created_at) as observed_at,
        first_name,
        last_name,
        coalesce(mobile_phone, phone) as phone,
        gender,
        birth_date,
        language,
        timezone,
        street_address,
        city,
        region,
        postal_code,
        country
    from contacts
    where not coalesce(is_deleted, false)

    union all

    select
        'shop.customers:' || shop_customer_id as record_key,
        'shop.customers' as source,
        'shop.customers' as source_table,
        shop_customer_id as source_key,
        coalesce(updated_at, created_at) as observed_at,
        first_name,
        last_name,
        phone,
        cast(null as {{ dbt.type_string() }}) as gender,
        cast(null as date) as birth_date,
        cast(null as {{ dbt.type_string() }}) as language,
        cast(null as {{ dbt.type_string() }}) as timezone,
        street_address,
        city,
        region,
        postal_code,
        country
    from shop_customers

    union all

    -- Observed when ordered: a later refund says nothing new about the person.
    select
        'shop.orders:' || order_id as record_key,
        'shop.orders' as source,
        'shop.orders' as source_table,
        order_id as source_key,
        created_at as observed_at,
        first_name,
        last_name,
        phone,
        cast(null as {{ dbt.type_string() }}) as gender,
        cast(null as date) as birth_date,
        cast(null as {{ dbt.type_string() }}) as language,
        cast(null as {{ dbt.type_string() }}) as timezone,
        street_address,
        city,
        region,
        postal_code,
        country
    from orders

    union all

    select
        'shop.checkouts:' || checkout_id as record_key,
        'shop.checkouts' as source,
        'shop.checkouts' as source_table,
        checkout_id as source_key,
        created_at as observed_at,
        cast(null as {{ dbt.type_string() }}) as first_name,
        cast(null as {{ dbt.type_string() }}) as last_name,
        phone,
        cast(null as {{ dbt.type_string() }}) as gender,
        cast(null as date) as birth_date,
        cast(null as {{ dbt.type_string() }}) as language,
        cast(null as {{ dbt.type_string() }}) as timezone,
        cast(null as {{ dbt.type_string() }}) as street_address,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as region,
        cast(null as {{ dbt.type_string() }}) as postal_code,
        cast(null as {{ dbt.type_string() }}) as country
    from checkouts

    union all

    select
        'web.events:' || message_id as record_key,
        'web.events' as source,
        case when user_id is null then 'web.identify' else 'web.users' end as source_table,
        coalesce(user_id, message_id) as source_key,
        event_at as observed_at,
        traits_first_name as first_name,
        traits_last_name as last_name,
        traits_phone as phone,
        cast(null as {{ dbt.type_string() }}) as gender,
        cast(null as date) as birth_date,
        cast(null as {{ dbt.type_string() }}) as language,
        cast(null as {{ dbt.type_string() }}) as timezone,
        cast(null as {{ dbt.type_string() }}) as street_address,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as region,
        cast(null as {{ dbt.type_string() }}) as postal_code,
        cast(null as {{ dbt.type_string() }}) as country
    from web_events
    where event_type = 'identify' and not coalesce(is_bot, false)
)

select
    records.record_key,
    identity_map.customer_id,
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
inner join identity_map
    on records.source_table = identity_map.source_table
    and records.source_key = identity_map.source_key

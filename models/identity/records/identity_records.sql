with contacts as (select * from {{ ref('stg_crm__contacts') }}),

accounts as (select * from {{ ref('stg_shop__customers') }}),

orders as (
    select * from {{ ref('stg_shop__orders') }}
    where coalesce(shop_customer_id, email_key, phone) is not null
),

checkouts as (select * from {{ ref('stg_shop__checkouts') }}),

web_users as (select * from {{ ref('web_users') }}),

mailboxes as (select * from {{ ref('mailboxes') }}),

nicknames as (select * from {{ ref('nicknames') }}),

-- A key that tills and forms put in for guests is nobody's account.
guest_keys as (
    select orders.shop_customer_id
    from orders
    inner join {{ ref('blocked_identifiers') }} as patterns
        on orders.shop_customer_id like patterns.pattern
    where patterns.identifier_type = 'shop_customer_id'
    group by orders.shop_customer_id
),

records as (
    select
        'crm.contacts' as source_table,
        contact_id as source_key,
        created_at as observed_at,
        {{ record_columns(['name', 'birth', 'place']) }},
        email_key,
        coalesce(mobile_phone, phone) as phone,
        true as names_its_person
    from contacts
    where not is_deleted
    union all
    select
        'shop.customers' as source_table,
        shop_customer_id as source_key,
        created_at as observed_at,
        {{ record_columns(['name', 'place']) }},
        email_key,
        phone,
        true as names_its_person
    from accounts
    union all
    select
        'shop.orders' as source_table,
        orders.order_id as source_key,
        orders.created_at as observed_at,
        {{ record_columns(['name', 'place']) }},
        orders.email_key,
        orders.phone,
        -- Who a parcel of an account is for is not the account's holder.
        orders.shop_customer_id is null or guest_keys.shop_customer_id is not null
            as names_its_person
    from orders
    left join guest_keys on orders.shop_customer_id = guest_keys.shop_customer_id
    union all
    select
        'shop.checkouts' as source_table,
        checkout_id as source_key,
        created_at as observed_at,
        {{ record_columns() }},
        email_key,
        phone,
        true as names_its_person
    from checkouts
    where coalesce(email_key, phone) is not null
    union all
    select
        source_table,
        source_key,
        first_seen_at as observed_at,
        {{ record_columns(['name']) }},
        null as email_key,
        null as phone,
        true as names_its_person
    from web_users
    union all
    select
        source_table,
        email_key as source_key,
        first_seen_at as observed_at,
        {{ record_columns() }},
        email_key,
        null as phone,
        true as names_its_person
    from mailboxes
)

select
    row_number() over (order by records.source_table || ':' || records.source_key) as record_id,
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

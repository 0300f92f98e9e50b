{%- set text = dbt.type_string() %}
{%- set columns = {
    'source_table': text, 'source_key': text, 'observed_at': 'timestamp',
    'first_name_key': text, 'last_name_key': text,
    'birth_date': 'date', 'birth_date_key': text, 'gender': text,
    'street_key': text, 'city_key': text, 'postal_code': text, 'country': text,
    'email_key': text, 'phone': text, 'names_its_person': 'boolean',
} %}
{%- set name = ['first_name_key', 'last_name_key'] %}
{%- set birth = ['birth_date', 'birth_date_key', 'gender'] %}
{%- set place = ['street_key', 'city_key', 'postal_code', 'country'] %}

with
    nicknames as (select * from {{ ref('nicknames') }}),

    contacts as (
        select
            'crm.contacts' as source_table,
            contact_id as source_key,
            created_at as observed_at,
            coalesce(mobile_phone, phone) as phone,
            {{ (name + birth + place + ['email_key']) | join(', ') }}
        from {{ ref('stg_crm__contacts') }}
        where not is_deleted
    ),

    accounts as (
        select
            'shop.customers' as source_table,
            shop_customer_id as source_key,
            created_at as observed_at,
            {{ (name + place + ['email_key', 'phone']) | join(', ') }}
        from {{ ref('stg_shop__customers') }}
    ),

    -- A key that tills and forms put in for guests is nobody's account.
    guest_keys as (
        select orders.shop_customer_id
        from {{ ref('stg_shop__orders') }} as orders
        inner join
            {{ ref('blocked_identifiers') }} as patterns
            on orders.shop_customer_id like patterns.pattern
        where patterns.identifier_type = 'shop_customer_id'
        group by orders.shop_customer_id
    ),

    -- Who a parcel of an account is for is not the account's holder.
    orders as (
        select
            'shop.orders' as source_table,
            orders.order_id as source_key,
            orders.created_at as observed_at,
            {{ (name + place + ['email_key', 'phone']) | join(', ') }},
            orders.shop_customer_id is null
            or guest_keys.shop_customer_id is not null as names_its_person
        from {{ ref('stg_shop__orders') }} as orders
        left join guest_keys on orders.shop_customer_id = guest_keys.shop_customer_id
        where coalesce(orders.shop_customer_id, orders.email_key, orders.phone) is not null
    ),

    checkouts as (
        select
            'shop.checkouts' as source_table,
            checkout_id as source_key,
            created_at as observed_at,
            email_key,
            phone
        from {{ ref('stg_shop__checkouts') }}
        where coalesce(email_key, phone) is not null
    ),

    web_users as (select *, first_seen_at as observed_at from {{ ref('web_users') }}),

    mailboxes as (
        select *, email_key as source_key, first_seen_at as observed_at from {{ ref('mailboxes') }}
    ),

    records as (
        {{ union_by_name(columns, {
        'contacts': ['names_its_person'],
        'accounts': birth + ['names_its_person'],
        'orders': birth,
        'checkouts': name + birth + place + ['names_its_person'],
        'web_users': birth + place + ['email_key', 'phone', 'names_its_person'],
        'mailboxes': name + birth + place + ['phone', 'names_its_person'],
    }) }}
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
    coalesce(records.names_its_person, true) as names_its_person
from records
left join nicknames on split_part(records.first_name_key, ' ', 1) = nicknames.name

{#- Longer than a page, since it lists the whole contract of an order. -#}
{{ config(materialized='table') }}

{%- set raw = [
    'order_id', 'customer_id', 'email', 'phone', 'status', 'currency', 'subtotal', 'discount',
    'shipping', 'tax', 'total', 'discount_code', 'cart_id', 'ship_first_name', 'ship_last_name',
    'ship_street_address', 'ship_city', 'ship_region', 'ship_postal_code', 'ship_country',
    'created_at', 'updated_at', 'loaded_at',
] %}

with

    orders as {{ inline_cte() }} (select * from {{ ref('base_shop__orders') }}),

    countries as (select * from {{ ref('countries') }}),

    country_aliases as (select * from {{ ref('country_aliases') }}),

    abbreviations as (
        select {{ word_map('word', 'abbreviation') }} as words
        from {{ ref('street_abbreviations') }}
    ),

    rates as (select * from {{ ref('exchange_rates') }}),

    base_rate as (
        select units_per_eur as base_units_per_eur
        from rates
        where currency = '{{ var("base_currency") }}'
    ),

    parsed as (
        select
            {{ raw_columns(raw) }},
            order_id,
            {{ known_id('customer_id') }} as shop_customer_id,
            {{ standardise_email('email') }} as email,
            {{ dialled_number('phone') }} as dialled,
            {{ standard_word('status', {
            'paid': [],
            'refunded': [],
            'cancelled': ['canceled'],
            'pending': [],
        }) }} as status,
            {{ currency_code('currency') }} as currency,
            {{ parse_money('subtotal') }} as subtotal,
            {{ parse_money('discount') }} as discount,
            {{ parse_money('shipping') }} as shipping,
            {{ parse_money('tax') }} as tax,
            {{ parse_money('total') }} as total,
            upper({{ clean_text('discount_code', 60) }}) as discount_code,
            cart_id,
            {{ clean_names('ship_') }},
            {{ clean_address('ship_') }},
            {{ parse_timestamp('created_at') }} as given_created_at,
            {{ parse_timestamp('updated_at') }} as given_updated_at,
            {{ parse_timestamp('loaded_at') }} as given_loaded_at,
            {{ received_at('shop', 'orders') }} as received_at
        from orders
    ),

    standardised as (
        select
            parsed.*,
            {{ email_key('parsed.email') }} as email_key,
            {{ standardise_phone(
            'parsed.dialled', 'countries.calling_code', 'countries.trunk_prefix'
        ) }} as phone,
            {{ in_base_currency(
            'parsed.total', 'parsed.currency', 'rates.units_per_eur', 'base_rate.base_units_per_eur'
        ) }} as total_base,
            {{ standard_names('parsed') }},
            {{ standard_address('parsed', 'ship_') }},
            {{ not_after('parsed.given_created_at', 'parsed.given_loaded_at') }} as created_at,
            {{ not_after('parsed.given_updated_at', 'parsed.given_loaded_at') }} as updated_at
        from parsed
        cross join abbreviations
        left join base_rate on true
        left join rates on parsed.currency = rates.currency
        left join country_aliases on parsed.country_key = country_aliases.alias
        left join countries on country_aliases.country = countries.country
        where {{ is_seen('parsed.received_at') }}
    ),

    judged as {{ inline_cte() }} (
        select
            *,
            {{ quality_flags([
            'invalid_email', 'invalid_phone',
            {'unknown_country': 'raw_ship_country is not null and country is null'},
            {'no_exchange_rate': 'total is not null and total_base is null'},
            {'negative_total': 'total < 0'},
            'invalid_subtotal', 'invalid_discount', 'invalid_shipping', 'invalid_tax',
            'invalid_updated_at',
            {'future_dated': 'created_at < given_created_at or updated_at < given_updated_at'},
        ]) }} as quality_flags,
            case
                when raw_order_id is null
                then 'missing order_id'
                when raw_status is null
                then 'missing status'
                when status is null
                then
                    'unknown status'
                    {{ missing_or_bad('currency') }}
                    {{ missing_or_bad('total') }}
                    {{ missing_or_bad('created_at') }}
            end as reject_reason
        from standardised
    ),

    {{ decide_fates(
    key='order_id',
    keep='newest',
    repeated_in=['orders', 'order_id'],
    version='coalesce(updated_at, created_at)',
    columns=[
        'shop_customer_id', 'email', 'email_key', 'phone', 'status', 'currency', 'subtotal',
        'discount', 'shipping', 'tax', 'total', 'total_base', 'discount_code', 'cart_id',
        'first_name', 'last_name', 'first_name_key', 'last_name_key', 'street_address',
        'street_key', 'city', 'city_key', 'region', 'postal_code', 'country', 'created_at',
        'updated_at', 'received_at', 'quality_flags',
    ],
    raw=raw,
) }}

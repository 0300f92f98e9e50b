{{ config(materialized='staged') }}

{#- Longer than a page: one wide row, out of six amounts, an address and three clocks. -#}
{%- set raw = [
    'order_id', 'customer_id', 'email', 'phone', 'status', 'is_test', 'currency', 'subtotal',
    'discount', 'shipping', 'tax', 'total', 'refunded_amount', 'accepts_marketing', 'discount_code',
    'cart_id', 'ship_first_name', 'ship_last_name', 'ship_street_address', 'ship_city',
    'ship_region', 'ship_postal_code', 'ship_country', 'created_at', 'updated_at', 'loaded_at',
] %}

with

    orders as {{ inline_cte() }} (select * from {{ ref('base_shop__orders') }}),

    countries as (select * from {{ ref('countries') }}),

    country_aliases as (select * from {{ ref('country_aliases') }}),

    abbreviations as (
        select {{ word_map('word', 'abbreviation') }} as words
        from {{ ref('street_abbreviations') }}
    ),

    -- Two spellings of one word must not make two rows of an order.
    statuses as (
        select {{ order_status_key('word') }} as status_key, min(status) as status
        from {{ ref('order_statuses') }}
        group by {{ order_status_key('word') }}
    ),

    rates as (select * from {{ ref('exchange_rates') }}),

    base_rate as (
        select units_per_eur as base_units_per_eur
        from rates
        where currency = '{{ var("base_currency") }}'
    ),

    no_values as ({{ no_values() }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            {{ row_key('order_id', raw) }} as order_id,
            {{ known_id('customer_id') }} as shop_customer_id,
            {{ standardise_email('email') }} as email,
            {{ dialled_number('phone') }} as dialled,
            {{ order_status_key('status') }} as status_key,
            {{ parse_boolean('is_test') }} as given_is_test,
            {{ currency_code('currency') }} as currency,
            {{ parse_amount('subtotal') }} as subtotal,
            {{ parse_amount('discount') }} as discount,
            {{ parse_amount('shipping') }} as shipping,
            {{ parse_amount('tax') }} as tax,
            {{ parse_amount('total') }} as total,
            abs({{ parse_amount('refunded_amount') }}) as given_refund,
            upper({{ clean_text('discount_code', 60) }}) as discount_code,
            {{ known_id('cart_id') }} as cart_id,
            {{ clean_names('ship_') }},
            {{ clean_address('ship_') }},
            {{ parse_timestamp('created_at') }} as given_created_at,
            {{ parse_timestamp('updated_at') }} as given_updated_at,
            {{ parse_timestamp('loaded_at') }} as given_loaded_at,
            {{ received_at('shop', 'orders') }} as received_at
        from orders
        cross join no_values
    ),

    standardised as (
        select
            parsed.*,
            {{ email_key('parsed.email') }} as email_key,
            {{ standardise_phone(
            'parsed.dialled', 'countries.calling_code', 'countries.trunk_prefix'
        ) }} as phone,
            rates.units_per_eur,
            base_rate.base_units_per_eur,
            statuses.status as given_status,
            {{ order_status('statuses.status', 'parsed.total', 'parsed.given_refund') }} as status,
            coalesce(parsed.given_is_test, false) as is_test,
            {{ standard_names('parsed') }},
            {{ standard_address('parsed', 'ship_') }},
            -- A purchase counts even when its time cannot be read: its receipt stands in.
            coalesce(
                {{ not_after('parsed.given_created_at', 'parsed.given_loaded_at') }},
                case when parsed.raw_created_at is not null then parsed.received_at end
            ) as created_at,
            {{ not_after('parsed.given_updated_at', 'parsed.given_loaded_at') }} as updated_at
        from parsed
        cross join abbreviations
        cross join no_values
        left join base_rate on true
        left join rates on parsed.currency = rates.currency
        left join statuses on parsed.status_key = statuses.status_key
        left join country_aliases on parsed.country_key = country_aliases.alias
        left join countries on country_aliases.country = countries.country
    ),

    settled as (
        select
            *,
            status in ('paid', 'partially_refunded') and not is_test as is_paid,
            case
                when status = 'refunded' then abs(total) when status <> 'unknown' then given_refund
            end as refunded_amount,
            {{ in_base_currency(
            'total', 'currency', 'units_per_eur', 'base_units_per_eur'
        ) }} as total_base
        from standardised
    ),

    judged as {{ inline_cte() }} (
        select
            *,
            {{ order_revenue_base() }} as revenue_base,
            {{ quality_flags([
            'made_order_id',
            {'unknown_status': "status = 'unknown'"},
            {'unknown_refund': "status = 'partially_refunded' and given_refund is null"},
            {'invalid_is_test': 'raw_is_test is not null and given_is_test is null'},
            {'invalid_refunded_amount': 'raw_refunded_amount is not null and given_refund is null'},
            'unknown_cart_id', 'invalid_email', 'invalid_phone',
            {'unknown_customer_id': 'raw_customer_id is not null and shop_customer_id is null'},
            {'unknown_country': 'raw_ship_country is not null and country is null'},
            {'no_exchange_rate': 'total is not null and total_base is null'},
            {'negative_total': 'total < 0'},
            {'ambiguous_total': is_ambiguous_amount('raw_total', 'raw_currency')},
            'invalid_subtotal', 'invalid_discount', 'invalid_shipping', 'invalid_tax',
            {'invalid_created_at': 'created_at is not null and given_created_at is null'},
            'invalid_updated_at',
            {'future_dated': 'created_at < given_created_at or updated_at < given_updated_at'},
        ]) }} as quality_flags,
            case
                when source_fault is not null
                then source_fault
                when raw_order_id is null
                then
                    'missing order_id'
                    {{ missing_or_bad('currency') }}
                    {{ missing_or_bad('total') }}
                    {{ missing_or_bad('created_at') }}
            end as reject_reason
        from settled
    ),

    {{ decide_fates(
    key='order_id',
    keep='newest',
    repeated_in=['orders', 'order_id'],
    version='coalesce(updated_at, created_at)',
    columns=[
        'shop_customer_id', 'email', 'email_key', 'phone', 'status', 'is_test', 'is_paid',
        'currency', 'subtotal', 'discount', 'shipping', 'tax', 'total', 'refunded_amount',
        'total_base', 'revenue_base', 'discount_code', 'cart_id',
        'first_name', 'last_name', 'first_name_key', 'last_name_key', 'street_address',
        'street_key', 'city', 'city_key', 'region', 'postal_code', 'country', 'created_at',
        'updated_at', 'received_at', 'quality_flags', 'raw_email', 'raw_accepts_marketing',
    ],
    raw=raw,
) }}

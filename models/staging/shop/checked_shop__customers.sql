{{ config(materialized='staged') }}

{%- set raw = [
    'customer_id', 'email', 'phone', 'first_name', 'last_name', 'street_address', 'city', 'region',
    'postal_code', 'country', 'marketing_status', 'marketing_status_at', 'created_at', 'updated_at',
] %}

with

    customers as {{ inline_cte() }} (select * from {{ ref('base_shop__customers') }}),

    countries as (select * from {{ ref('countries') }}),

    country_aliases as (select * from {{ ref('country_aliases') }}),

    abbreviations as (
        select {{ word_map('word', 'abbreviation') }} as words
        from {{ ref('street_abbreviations') }}
    ),

    no_values as ({{ no_values() }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            {{ row_key('customer_id', raw) }} as shop_customer_id,
            {{ standardise_email('email') }} as email,
            {{ dialled_number('phone') }} as dialled,
            {{ clean_names() }},
            {{ clean_address() }},
            {{ parse_timestamp('created_at') }} as created_at,
            {{ parse_timestamp('updated_at') }} as updated_at,
            {{ received_at('shop', 'customers') }} as received_at
        from customers
        cross join no_values
    ),

    standardised as (
        select
            parsed.*,
            {{ email_key('parsed.email') }} as email_key,
            {{ standardise_phone(
            'parsed.dialled', 'countries.calling_code', 'countries.trunk_prefix'
        ) }} as phone,
            {{ standard_names('parsed') }},
            {{ standard_address('parsed') }}
        from parsed
        cross join abbreviations
        cross join no_values
        left join country_aliases on parsed.country_key = country_aliases.alias
        left join countries on country_aliases.country = countries.country
    ),

    judged as {{ inline_cte() }} (
        select
            *,
            {{ quality_flags([
            {'made_customer_id': is_made_key('shop_customer_id', 'raw_customer_id')},
            'invalid_email', 'invalid_phone', 'unknown_country', 'invalid_updated_at',
        ]) }} as quality_flags,
            case
                when source_fault is not null
                then source_fault
                when raw_customer_id is null
                then 'missing customer_id' {{ missing_or_bad('created_at') }}
            end as reject_reason
        from standardised
    ),

    {{ decide_fates(
    key='shop_customer_id',
    keep='newest',
    repeated_in=['customers', 'customer_id'],
    version='coalesce(updated_at, created_at)',
    columns=[
        'email', 'email_key', 'phone', 'first_name', 'last_name', 'first_name_key', 'last_name_key',
        'street_address', 'street_key', 'city', 'city_key', 'region', 'postal_code', 'country',
        'created_at', 'updated_at', 'received_at', 'quality_flags', 'raw_email',
        'raw_marketing_status', 'raw_marketing_status_at',
    ],
    raw=raw,
) }}

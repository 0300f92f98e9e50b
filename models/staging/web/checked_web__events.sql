{{ config(materialized='staged') }}

{#- Longer than a page: one wide row, out of an address, three JSON texts and four clocks. -#}
{%- set raw = [
    'message_id', 'type', 'event', 'anonymous_id', 'user_id', 'original_timestamp', 'sent_at',
    'received_at', 'timestamp', 'page_url', 'page_referrer', 'user_agent', 'properties', 'traits',
    'context',
] %}

with

    events as {{ inline_cte() }} (select * from {{ ref('base_web__events') }}),

    countries as (select * from {{ ref('countries') }}),

    country_aliases as (select * from {{ ref('country_aliases') }}),

    categories as (select * from {{ ref('categories') }}),

    no_values as ({{ no_values() }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            {{ row_key('message_id', raw) }} as message_id,
            {{ standard_word('type', {'identify': [], 'page': [], 'track': []}) }} as event_type,
            -- Of an unknown type, too, the name may tell of a purchase.
            case
                when coalesce(lower(type), '') not in ('identify', 'page')
                then {{ clean_text('event', 100) }}
            end as clean_event_name,
            {{ known_id('anonymous_id', 'device') }} as anonymous_id,
            {{ known_id('user_id') }} as user_id,
            {{ parse_timestamp('original_timestamp') }} as original_timestamp,
            {{ parse_timestamp('sent_at') }} as sent_at,
            {{ parse_timestamp('timestamp') }} as given_timestamp,
            {{ received_at('web', 'events') }} as received_at,
            substr(page_url, 1, 2000) as page_url,
            substr(page_referrer, 1, 2000) as page_referrer,
            substr(user_agent, 1, 500) as user_agent,
            case when {{ is_json('properties') }} then properties end as properties,
            case when {{ is_json('traits') }} then traits end as traits,
            case when {{ is_json('context') }} then context end as context
        from events
        cross join no_values
    ),

    json_fields as (
        select
            *,
            trim({{ json_text('properties', 'product_id') }}) as given_product_id,
            trim({{ json_text('properties', 'cart_id') }}) as given_cart_id,
            trim({{ json_text('properties', 'order_id') }}) as given_order_id,
            {{ json_text('properties', 'quantity') }} as given_quantity,
            {{ json_text('properties', 'price') }} as given_price,
            substr({{ json_text('properties', 'category') }}, 1, 100) as given_category,
            {{ json_text('traits', 'email') }} as given_email,
            {{ json_text('traits', 'phone') }} as given_phone,
            {{ json_any('traits', ['first_name', 'firstName']) }} as given_first_name,
            {{ json_any('traits', ['last_name', 'lastName']) }} as given_last_name,
            substr(
                {{ json_any('traits', ['country', 'address.country']) }}, 1, 100
            ) as given_country
        from parsed
    ),

    extracted as (
        select
            *,
            {{ is_bot('user_agent') }} as is_bot,
            {{ page_path('page_url') }} as page_path,
            lower({{ query_parameter('page_url', 'utm_source') }}) as utm_source,
            lower({{ query_parameter('page_url', 'utm_campaign') }}) as utm_campaign,
            {{ query_parameter('page_url', 'pp_mid') }} as letter_message_id,
            {{ event_name('clean_event_name') }} as event_name,
            {{ known_id('given_product_id') }} as product_id,
            {{ known_id('given_cart_id') }} as cart_id,
            {{ known_id('given_order_id') }} as order_id,
            {{ parse_integer('given_quantity') }} as quantity,
            {{ parse_money('given_price') }} as price,
            {{ text_key(decode_entities(known('given_category', 'category'))) }} as category_key,
            {{ standardise_email('given_email') }} as traits_email,
            {{ dialled_number('given_phone') }} as dialled,
            {{ clean_names('given_') }},
            {{ text_key('given_country') }} as country_key,
            {{ corrected_time('given_timestamp', 'original_timestamp', 'sent_at', 'received_at') }}
            as corrected_at
        from json_fields
        cross join no_values
    ),

    standardised as (
        select
            extracted.*,
            case
                when {{ is_possible_time('extracted.corrected_at', 'extracted.received_at') }}
                then extracted.corrected_at
                else extracted.received_at
            end as event_at,
            coalesce(categories.category, replace(extracted.category_key, ' ', '_')) as category,
            {{ email_key('extracted.traits_email') }} as traits_email_key,
            {{ standardise_phone(
            'extracted.dialled', 'countries.calling_code', 'countries.trunk_prefix'
        ) }} as traits_phone,
            {{ name_display('extracted.clean_first_name', 'given_name') }} as traits_first_name,
            {{ name_display('extracted.clean_last_name', 'family_name') }} as traits_last_name
        from extracted
        cross join no_values
        left join categories on extracted.category_key = categories.alias
        left join country_aliases on extracted.country_key = country_aliases.alias
        left join countries on country_aliases.country = countries.country
    ),

    judged as {{ inline_cte() }} (
        select
            *,
            {{ quality_flags([
            'invalid_properties', 'invalid_traits', 'invalid_context',
            {'invalid_timestamp': 'raw_timestamp is not null and given_timestamp is null'},
            'invalid_original_timestamp',
            {'future_dated': 'given_timestamp > received_at or corrected_at > received_at'},
            'unknown_user_id',
            'made_message_id',
            {'unknown_cart_id': 'given_cart_id is not null and cart_id is null'},
            {'no_visitor': 'anonymous_id is null and user_id is null'},
            {'missing_event_name': "event_type = 'track' and event_name is null"},
        ]) }} as quality_flags,
            case
                when source_fault is not null
                then source_fault
                when raw_message_id is null
                then 'missing message_id'
                when raw_type is null
                then 'missing type'
                when event_type is null
                then 'unknown event type' {{ missing_or_bad('received_at') }}
            end as reject_reason
        from standardised
    ),

    {{ decide_fates(
    key='message_id',
    keep='first',
    repeated_in=['events', 'message_id'],
    columns=[
        'event_type', 'event_name', 'anonymous_id', 'user_id', 'event_at', 'received_at',
        'page_url', 'page_path', 'page_referrer', 'user_agent', 'is_bot', 'product_id', 'cart_id',
        'order_id', 'quantity', 'price', 'category', 'traits_email', 'traits_email_key',
        'traits_phone', 'traits_first_name', 'traits_last_name', 'utm_source', 'utm_campaign',
        'letter_message_id', 'properties', 'traits', 'context', 'quality_flags',
    ],
    content=[
        'event_type', 'event_name', 'anonymous_id', 'user_id', 'original_timestamp', 'page_url',
        'page_referrer', 'user_agent', 'raw_properties', 'raw_traits', 'raw_context',
    ],
    raw=raw,
) }}

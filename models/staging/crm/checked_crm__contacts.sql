{#- Longer than a page, since it lists the whole contract of a contact. -#}
{{ config(materialized='staged') }}

{%- set raw = [
    'contact_id', 'email', 'additional_emails', 'first_name', 'last_name', 'phone', 'mobile_phone',
    'street_address', 'city', 'region', 'postal_code', 'country', 'birth_date', 'gender',
    'language', 'timezone', 'created_at', 'updated_at', 'merged_contact_ids', 'marketing_status',
    'marketing_status_at', 'is_deleted', 'loaded_at',
] %}

with

    contacts as {{ inline_cte() }} (select * from {{ ref('base_crm__contacts') }}),

    countries as (select * from {{ ref('countries') }}),

    country_aliases as (select * from {{ ref('country_aliases') }}),

    genders as (select * from {{ ref('genders') }}),

    languages as (select * from {{ ref('languages') }}),

    timezones as (select * from {{ ref('timezones') }}),

    abbreviations as (
        select {{ word_map('word', 'abbreviation') }} as words
        from {{ ref('street_abbreviations') }}
    ),

    no_values as ({{ no_values() }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            {{ row_key('contact_id', raw) }} as contact_id,
            {{ standardise_email('email') }} as email,
            {{ standard_parts('additional_emails', ';', standardise_email) }} as additional_emails,
            {{ clean_names() }},
            {{ dialled_number('phone') }} as dialled,
            {{ dialled_number('mobile_phone') }} as mobile_dialled,
            {{ clean_address() }},
            {{ parse_birth_date('birth_date') }} as given_birth_date,
            {{ text_key('substr(gender, 1, 50)') }} as gender_key,
            {{ text_key("split_part(replace(substr(language, 1, 50), '_', '-'), '-', 1)") }}
            as language_key,
            lower(timezone) as timezone_key,
            nullif({{ id_list('merged_contact_ids') }}, '') as merged_contact_ids,
            -- Who may be deleted is not written to.
            coalesce({{ parse_boolean('is_deleted') }}, is_deleted is not null) as is_deleted,
            {{ parse_boolean('is_deleted') }} as given_is_deleted,
            {{ parse_timestamp('created_at') }} as given_created_at,
            {{ parse_timestamp('updated_at') }} as given_updated_at,
            {{ parse_timestamp('loaded_at') }} as given_loaded_at,
            {{ received_at('crm', 'contacts') }} as received_at
        from contacts
        cross join no_values
    ),

    standardised as (
        select
            parsed.*,
            {{ email_key('parsed.email') }} as email_key,
            {{ standard_names('parsed') }},
            {{ standardise_phone(
            'parsed.dialled', 'countries.calling_code', 'countries.trunk_prefix'
        ) }} as phone,
            {{ standardise_phone(
            'parsed.mobile_dialled', 'countries.calling_code', 'countries.trunk_prefix'
        ) }} as mobile_phone,
            {{ standard_address('parsed') }},
            {{ possible_birth_date('parsed.given_birth_date', 'parsed.received_at') }}
            as birth_date,
            {{ birth_date_key('parsed.raw_birth_date', 'parsed.given_birth_date') }}
            as birth_date_key,
            genders.gender,
            languages.language,
            timezones.timezone,
            {{ not_after('parsed.given_created_at', 'parsed.given_loaded_at') }} as created_at,
            {{ not_after('parsed.given_updated_at', 'parsed.given_loaded_at') }} as updated_at
        from parsed
        cross join abbreviations
        cross join no_values
        left join country_aliases on parsed.country_key = country_aliases.alias
        left join countries on country_aliases.country = countries.country
        left join genders on parsed.gender_key = genders.alias
        left join languages on parsed.language_key = languages.alias
        left join timezones on parsed.timezone_key = lower(timezones.timezone)
    ),

    judged as {{ inline_cte() }} (
        select
            *,
            {{ quality_flags([
            'made_contact_id', 'invalid_email', 'invalid_phone', 'invalid_mobile_phone',
            'unknown_country', 'invalid_birth_date', 'unknown_gender', 'unknown_language',
            'unknown_timezone',
            {'invalid_is_deleted': 'raw_is_deleted is not null and given_is_deleted is null'},
            'invalid_updated_at',
            {'future_dated': 'created_at < given_created_at or updated_at < given_updated_at'},
        ]) }} as quality_flags,
            case
                when source_fault is not null
                then source_fault
                when raw_contact_id is null
                then 'missing contact_id' {{ missing_or_bad('created_at') }}
            end as reject_reason
        from standardised
    ),

    {{ decide_fates(
    key='contact_id',
    keep='newest',
    repeated_in=['contacts', 'contact_id'],
    version='coalesce(updated_at, created_at)',
    columns=[
        'email', 'email_key', 'additional_emails', 'first_name', 'last_name', 'first_name_key',
        'last_name_key', 'phone', 'mobile_phone', 'street_address', 'street_key', 'city',
        'city_key', 'region', 'postal_code', 'country', 'birth_date', 'birth_date_key', 'gender',
        'language', 'timezone', 'merged_contact_ids', 'is_deleted', 'created_at', 'updated_at',
        'received_at', 'quality_flags', 'raw_email', 'raw_additional_emails',
        'raw_marketing_status', 'raw_marketing_status_at',
    ],
    raw=raw,
) }}

{{ config(materialized='staged') }}

{%- set raw = ['email', 'attribute', 'value', 'provider', 'observed_at'] %}

with

    enrichment as (select * from {{ ref('base_crm__enrichment') }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            {{ standardise_email('email') }} as email,
            {{ regex_replace(text_key('substr(attribute, 1, 200)'), ' ', '_') }} as attribute,
            {{ clean_text('value', 1000) }} as attribute_value,
            {{ clean_text('provider', 200) }} as provider,
            {{ parse_timestamp('observed_at') }} as observed_at,
            {{ received_at('crm', 'enrichment') }} as received_at
        from enrichment
    ),

    keyed as (
        select
            *,
            {{ email_key('email') }} as email_key,
            email
            || '|'
            || attribute
            || '|'
            || coalesce(provider, '')
            || '|'
            || coalesce(cast(observed_at as {{ dbt.type_string() }}), '') as natural_key
        from parsed
    ),

    judged as (
        select
            *,
            {{ hash_uuid('natural_key') }} as enrichment_id,
            {{ quality_flags([
            'invalid_observed_at',
        ]) }} as quality_flags,
            case
                when source_fault is not null
                then
                    source_fault
                    {{ missing_or_bad('email') }}
                    {{ missing_or_bad('attribute') }}
                    {{ missing_or_bad('value', 'attribute_value') }}
            end as reject_reason
        from keyed
    ),

    {{ decide_fates(
    key='enrichment_id',
    keep='first',
    columns=[
        'email', 'email_key', 'attribute', 'attribute_value', 'provider', 'observed_at',
        'received_at', 'quality_flags',
    ],
    raw=raw,
) }}

{{ config(materialized='staged') }}

{%- set raw = [
    'checkout_id', 'cart_id', 'email', 'phone', 'anonymous_id', 'accepts_marketing', 'created_at',
    'completed_at', 'recovery_url',
] %}

{%- set no_text = 'cast(null as ' ~ dbt.type_string() ~ ')' %}

{#- How programs write that there is no time. -#}
{%- set no_time = '(?:0000|0001|1900|1970|9999)[^0-9].*'
    ~ '|[^0-9]*(?:01?[^0-9])?01?[^0-9](?:0001|1900|1970)(?:[^0-9].*)?'
    ~ '|[0.:/ -]*' %}

{#- What was completed after as_of was still open then. -#}
{%- set completed_by_now = 'case when completed_at <= ' ~ as_of() ~ ' then completed_at end' %}

with

    checkouts as {{ inline_cte() }} (select * from {{ ref('base_shop__checkouts') }}),

    no_values as ({{ no_values() }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            {{ row_key('checkout_id', raw) }} as checkout_id,
            {{ known_id('cart_id') }} as cart_id,
            {{ standardise_email('email') }} as email,
            {{ dialled_number('phone') }} as dialled,
            {{ known_id('anonymous_id', 'device') }} as anonymous_id,
            {{ parse_timestamp('created_at') }} as created_at,
            {{ parse_timestamp('completed_at') }} as given_completed_at,
            {{ https_url('recovery_url') }} as recovery_url,
            {{ received_at('shop', 'checkouts') }} as received_at
        from checkouts
        cross join no_values
    ),

    standardised as (
        select
            *,
            {{ email_key('email') }} as email_key,
            -- A checkout has no country, so only an international number is complete.
            {{ standardise_phone('dialled', no_text, no_text) }} as phone,
            -- A time that cannot be read is a time, unless it stands for none: nobody who may have
            -- bought is reminded.
            case
                when given_completed_at is not null
                then given_completed_at
                when
                    raw_completed_at is not null
                    and coalesce(
                        {{ parse_boolean('raw_completed_at') }},
                        not {{ is_no_value('raw_completed_at', 'id') }}
                    )
                    and not
                    {{ regex_full_match(
                        'raw_completed_at',
                        no_time
                    ) }}
                then created_at
            end as completed_at
        from parsed
        cross join no_values
    ),

    judged as {{ inline_cte() }} (
        select
            *,
            {{ quality_flags([
            'made_checkout_id', 'unknown_cart_id', 'invalid_email', 'invalid_phone',
            {'invalid_completed_at': 'raw_completed_at is not null and given_completed_at is null'},
            'invalid_recovery_url',
        ]) }} as quality_flags,
            case
                when source_fault is not null
                then source_fault
                when raw_checkout_id is null
                then 'missing checkout_id' {{ missing_or_bad('created_at') }}
            end as reject_reason
        from standardised
    ),

    {{ decide_fates(
    key='checkout_id',
    keep='newest',
    repeated_in=['checkouts', 'checkout_id'],
    version='coalesce(' ~ completed_by_now ~ ', created_at)',
    by_clock={
        'completed_at': completed_by_now,
        'received_at': 'coalesce(' ~ completed_by_now ~ ', received_at)',
    },
    columns=[
        'cart_id', 'email', 'email_key', 'phone', 'anonymous_id', 'created_at', 'completed_at',
        'recovery_url', 'received_at', 'quality_flags', 'raw_email', 'raw_accepts_marketing',
    ],
    raw=raw,
) }}

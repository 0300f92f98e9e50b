{{ config(materialized='table') }}

{%- set raw = [
    'consent_id', 'email', 'purpose', 'status', 'occurred_at', 'source', 'wording_version',
    'wording_sha256', 'loaded_at',
] %}

with

    consents as {{ inline_cte() }} (select * from {{ ref('base_crm__consents') }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            consent_id,
            {{ standardise_email('email') }} as email,
            {{ standard_word('purpose', {
            'marketing': [],
            'personalization': ['personalisation'],
        }) }} as purpose,
            -- Words for a refusal are understood more widely than for consent: none must be lost.
            {{ standard_word('status', {
            'granted': [],
            'withdrawn': [
                'withdrawal', 'revoked', 'refused', 'denied', 'declined', 'opted_out', 'opt_out',
                'opt-out', 'optout', 'unsubscribed',
            ],
        }) }} as status,
            {{ parse_timestamp('occurred_at') }} as given_occurred_at,
            {{ parse_timestamp('loaded_at') }} as given_loaded_at,
            {{ received_at('crm', 'consents') }} as received_at,
            {{ clean_text('source', 200) }} as consent_source,
            {{ clean_text('wording_version', 100) }} as wording_version,
            {{ regex_extract('lower(wording_sha256)', '^[0-9a-f]{64}\\z', 0) }} as wording_sha256
        from consents
    ),

    standardised as (
        select
            *,
            {{ email_key('email') }} as email_key,
            -- A refusal counts even when its time cannot be read: its receipt stands in.
            coalesce(
                {{ not_after('given_occurred_at', 'given_loaded_at') }},
                case
                    when status = 'withdrawn' and raw_occurred_at is not null then given_loaded_at
                end
            ) as occurred_at
        from parsed
        where {{ is_seen('received_at') }}
    ),

    judged as {{ inline_cte() }} (
        select
            *,
            {{ quality_flags([
            {'invalid_occurred_at': 'given_occurred_at is null'},
            {'future_dated': 'occurred_at < given_occurred_at'},
            'invalid_wording_sha256',
        ]) }} as quality_flags,
            case
                when raw_consent_id is null
                then 'missing consent_id' {{ missing_or_bad('email') }}
                when raw_purpose is null
                then 'missing purpose'
                when purpose is null
                then 'unknown purpose'
                when raw_status is null
                then 'missing status'
                when status is null
                then 'unknown status' {{ missing_or_bad('occurred_at') }}
            end as reject_reason
        from standardised
    ),

    -- A source that turns a grant into a withdrawal under the same id must not lose the withdrawal.
    {{ decide_fates(
    key=['consent_id', 'status'],
    keep='first',
    columns=[
        'email', 'email_key', 'purpose', 'occurred_at', 'consent_source', 'wording_version',
        'wording_sha256', 'received_at', 'quality_flags',
    ],
    content=[
        'email', 'purpose', 'given_occurred_at', 'consent_source', 'wording_version',
        'wording_sha256',
    ],
    raw=raw,
) }}

{{ config(materialized='staged') }}

{%- set raw = [
    'consent_id', 'email', 'purpose', 'status', 'occurred_at', 'source', 'wording_version',
    'wording_sha256', 'loaded_at',
] %}

with

    consents as {{ inline_cte() }} (select * from {{ ref('base_crm__consents') }}),

    no_values as ({{ no_values() }}),
    refusal_words as (select * from {{ ref('refusal_words') }}),

    status_words as ({{ read_refusal_words('status', 'status', 'consents') }}),
    purpose_words as ({{ read_refusal_words('purpose', 'purpose', 'consents') }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            {{ row_key('consent_id', raw) }} as consent_id,
            {{ standardise_email('email') }} as email,
            -- A grant is what the contract calls one; whatever else is said ends it.
            coalesce(
                {{ standard_word('status', {'granted': [], 'withdrawn': [], 'pending': []}) }},
                status_words.meaning,
                'unknown'
            ) as status,
            {{ standard_word('purpose', {
            'marketing': [],
            'personalization': ['personalisation'],
            'all': [],
        }) }} as given_purpose,
            coalesce(purpose_words.meaning, 'all') as meant_purpose,
            {{ parse_timestamp('occurred_at') }} as given_occurred_at,
            {{ parse_timestamp('loaded_at') }} as given_loaded_at,
            {{ received_at('crm', 'consents') }} as received_at,
            {{ clean_text('source', 200) }} as consent_source,
            {{ clean_text('wording_version', 100) }} as wording_version,
            {{ regex_extract('lower(wording_sha256)', '^[0-9a-f]{64}\\z', 0) }} as wording_sha256
        from consents
        cross join no_values
        left join status_words on consents.status = status_words.said
        left join purpose_words on consents.purpose = purpose_words.said
    ),

    standardised as (
        select
            *,
            {{ email_key('email') }} as email_key,
            -- A refusal without a purpose that can be read is meant for each.
            case
                when given_purpose is not null or status = 'granted'
                then given_purpose
                -- Of several channels, e-mail may be one.
                when
                    meant_purpose = 'other'
                    and {{ regex_extract(
                'lower(raw_purpose)', 'e.?mail|newsletter|(?:^|[^a-z])(?:all|any|every|both)', 0
            ) }} is not null
                then 'all'
                else nullif(meant_purpose, 'other')
            end as purpose,
            case
                when status = 'granted'
                then {{ not_after('given_occurred_at', 'given_loaded_at') }}
                else
                    {{ refused_before(
                not_after('given_occurred_at', 'given_loaded_at'), 'given_loaded_at'
            ) }}
            end as occurred_at,
            status <> 'granted' and given_loaded_at is null as is_timed_by_clock
        from parsed
    ),

    judged as {{ inline_cte() }} (
        select
            *,
            {{ quality_flags([
            'made_consent_id',
            {'unknown_status': "status = 'unknown'"},
            {'unknown_purpose': "given_purpose is null and status <> 'granted'"},
            {'invalid_occurred_at': 'given_occurred_at is null'},
            {'future_dated': 'occurred_at < given_occurred_at'},
            'invalid_wording_sha256',
        ]) }} as quality_flags,
            case
                -- Of a record that cannot be read, a refusal that can be still counts.
                when source_fault is not null and coalesce(status, '') <> 'withdrawn'
                then source_fault
                when raw_consent_id is null
                then 'missing consent_id' {{ missing_or_bad('email') }}
                when raw_purpose is null and purpose is null
                then 'missing purpose'
                when purpose is null
                then 'unknown purpose'
                when occurred_at is null and not is_timed_by_clock
                then
                    case when raw_occurred_at is null then 'missing' else 'bad' end
                    || ' occurred_at'
            end as reject_reason
        from standardised
    ),

    -- A source that turns a grant into a withdrawal under the same id must not lose the withdrawal.
    {{ decide_fates(
    key=['consent_id', 'status'],
    keep='first',
    columns=[
        'email', 'email_key', 'purpose', 'occurred_at', 'consent_source', 'wording_version',
        'wording_sha256', 'received_at', 'raw_email', 'raw_status', 'quality_flags',
    ],
    content=[
        'email', 'purpose', 'given_occurred_at', 'consent_source', 'wording_version',
        'wording_sha256',
    ],
    raw=raw,
    also=['is_timed_by_clock'],
    by_clock={'occurred_at': refused_by_clock('occurred_at', 'is_timed_by_clock')},
) }}

{{ config(materialized='staged') }}

{%- set raw = ['response_id', 'email', 'question', 'answer', 'submitted_at'] %}

with

    surveys as (select * from {{ ref('base_crm__surveys') }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            response_id,
            {{ standardise_email('email') }} as email,
            {{ clean_text('question', 500) }} as question,
            {{ clean_text('answer', 2000) }} as answer,
            {{ parse_timestamp('submitted_at') }} as submitted_at,
            {{ received_at('crm', 'surveys') }} as received_at
        from surveys
    ),

    judged as (
        select
            *,
            {{ email_key('email') }} as email_key,
            case
                when source_fault is not null
                then source_fault
                when raw_response_id is null
                then
                    'missing response_id'
                    {{ missing_or_bad('email') }}
                    {{ missing_or_bad('question') }}
                    {{ missing_or_bad('answer') }}
                    {{ missing_or_bad('submitted_at') }}
            end as reject_reason
        from parsed
    ),

    {{ decide_fates(
    key=['response_id', 'question'],
    keep='first',
    columns=['email', 'email_key', 'answer', 'submitted_at', 'received_at'],
    raw=raw,
) }}

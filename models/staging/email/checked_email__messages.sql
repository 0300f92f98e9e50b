{{ config(materialized='staged') }}

{%- set raw = [
    'message_id', 'email', 'campaign', 'sent_at', 'customer_id', 'variant', 'template',
] %}

with

    messages as {{ inline_cte() }} (select * from {{ ref('base_email__messages') }}),

    no_values as ({{ no_values() }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            message_id,
            {{ standardise_email('email') }} as email,
            {{ clean_text('campaign', 200) }} as campaign,
            {{ parse_timestamp('sent_at') }} as sent_at,
            {{ known_id('customer_id') }} as customer_id,
            {{ clean_text('variant', 100) }} as variant,
            {{ clean_text('template', 200) }} as template,
            {{ received_at('email', 'messages') }} as received_at
        from messages
        cross join no_values
    ),

    judged as {{ inline_cte() }} (
        select
            *,
            {{ email_key('email') }} as email_key,
            case
                when source_fault is not null
                then source_fault
                when raw_message_id is null
                then
                    'missing message_id'
                    {{ missing_or_bad('email') }}
                    {{ missing_or_bad('campaign') }}
                    {{ missing_or_bad('sent_at') }}
            end as reject_reason
        from parsed
    ),

    {{ decide_fates(
    key='message_id',
    keep='first',
    repeated_in=['messages', 'message_id'],
    columns=[
        'email', 'email_key', 'campaign', 'sent_at', 'customer_id', 'variant', 'template',
        'received_at',
    ],
    raw=raw,
) }}

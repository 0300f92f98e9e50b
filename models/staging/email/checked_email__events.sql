{{ config(materialized='table') }}

{%- set raw = [
    'event_id', 'message_id', 'email', 'event', 'occurred_at', 'received_at', 'url', 'bounce_type',
    'is_machine_open', 'user_agent',
] %}

with

    events as {{ inline_cte() }} (select * from {{ ref('base_email__events') }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            event_id,
            {{ known_id('message_id') }} as message_id,
            {{ standardise_email('email') }} as email,
            {{ standard_word('event', {
            'delivered': ['delivery'],
            'opened': ['open'],
            'clicked': ['click'],
            'bounced': ['bounce'],
            'complained': ['complaint', 'spamreport'],
            'unsubscribed': ['unsubscribe'],
        }) }} as event_type,
            {{ parse_timestamp('occurred_at') }} as given_occurred_at,
            {{ parse_timestamp('received_at') }} as given_received_at,
            {{ received_at('email', 'events') }} as received_at,
            {{ web_url('url') }} as url,
            {{ standard_word('bounce_type', {'hard': [], 'soft': []}) }} as bounce_type,
            coalesce({{ parse_boolean('is_machine_open') }}, false) as is_machine_open,
            substr(user_agent, 1, 500) as user_agent
        from events
    ),

    standardised as (
        select
            *,
            {{ email_key('email') }} as email_key,
            -- A complaint or unsubscription counts even when its time cannot be read: its receipt
            -- stands in.
            coalesce(
                {{ not_after('given_occurred_at', 'given_received_at') }},
                case
                    when
                        event_type in ('complained', 'unsubscribed') and raw_occurred_at is not null
                    then given_received_at
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
            'invalid_url', 'unknown_bounce_type',
        ]) }} as quality_flags,
            case
                when raw_event_id is null
                then 'missing event_id' {{ missing_or_bad('email') }}
                when raw_event is null
                then 'missing event'
                when event_type is null
                then 'unknown event type' {{ missing_or_bad('occurred_at') }}
            end as reject_reason
        from standardised
    ),

    {{ decide_fates(
    key='event_id',
    keep='first',
    repeated_in=['events', 'event_id'],
    columns=[
        'message_id', 'email', 'email_key', 'event_type', 'occurred_at', 'received_at', 'url',
        'bounce_type', 'is_machine_open', 'user_agent', 'quality_flags',
    ],
    content=[
        'message_id', 'email', 'event_type', 'given_occurred_at', 'url', 'bounce_type',
        'is_machine_open', 'user_agent',
    ],
    raw=raw,
) }}

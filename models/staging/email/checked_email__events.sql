{#- Longer than a page, since it lists the whole contract of an event and reads refusals. -#}
{{ config(materialized='staged') }}

{%- set raw = [
    'event_id', 'message_id', 'email', 'event', 'occurred_at', 'received_at', 'url', 'bounce_type',
    'is_machine_open', 'user_agent',
] %}

with

    events as {{ inline_cte() }} (select * from {{ ref('base_email__events') }}),

    no_values as ({{ no_values() }}),
    refusal_words as (select * from {{ ref('refusal_words') }}),

    event_words as ({{ read_refusal_words('event', 'event', 'events') }}),

    bounce_words as ({{ read_refusal_words('bounce', 'bounce_type', 'events') }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            {{ row_key('event_id', raw) }} as event_id,
            {{ known_id('message_id') }} as message_id,
            {{ standardise_email('email') }} as email,
            coalesce(
                {{ standard_word('event', {
                'delivered': ['delivery'],
                'opened': ['open'],
                'clicked': ['click'],
                'bounced': ['bounce', 'failed', 'email_bounce'],
            }) }},
                case
                    event_words.meaning
                    when 'hard_bounced'
                    then 'bounced'
                    when 'none'
                    then 'other'
                    else event_words.meaning
                end
            ) as event_type,
            {{ parse_timestamp('occurred_at') }} as given_occurred_at,
            {{ parse_timestamp('received_at') }} as given_received_at,
            {{ received_at('email', 'events') }} as received_at,
            {{ web_url('url') }} as url,
            case
                when event_words.meaning = 'hard_bounced'
                then 'hard'
                else
                    coalesce(bounce_words.meaning, {{ standard_word('bounce_type', {'soft': []}) }})
            end as bounce_type,
            coalesce({{ parse_boolean('is_machine_open') }}, false) as is_machine_open,
            substr(user_agent, 1, 500) as user_agent
        from events
        cross join no_values
        left join event_words on events.event = event_words.said
        left join bounce_words on events.bounce_type = bounce_words.said
    ),

    standardised as (
        select
            *,
            {{ email_key('email') }} as email_key,
            coalesce(
                event_type in ('complained', 'unsubscribed')
                or (event_type = 'bounced' and bounce_type = 'hard'),
                false
            ) as is_refusal,
            {{ not_after('given_occurred_at', 'given_received_at') }} as happened_at
        from parsed
    ),

    timed as {{ inline_cte() }} (
        select
            *,
            case
                -- What nobody can read may be a refusal.
                when is_refusal or event_type is null
                then {{ refused_before('happened_at', 'given_received_at') }}
                else happened_at
            end as occurred_at,
            (is_refusal or event_type is null) and given_received_at is null as is_timed_by_clock
        from standardised
    ),

    judged as {{ inline_cte() }} (
        select
            *,
            {{ quality_flags([
            'made_event_id',
            {'invalid_occurred_at': 'given_occurred_at is null'},
            {'future_dated': 'occurred_at < given_occurred_at'},
            'invalid_url', 'unknown_bounce_type',
        ]) }} as quality_flags,
            case
                -- Of a record that cannot be read, a refusal that can be still counts.
                when
                    source_fault is not null
                    and coalesce(event_type, '') not in ('complained', 'unsubscribed')
                then source_fault
                when raw_event_id is null
                then 'missing event_id' {{ missing_or_bad('email') }}
                when raw_event is null
                then 'missing event'
                when event_type is null
                then 'unknown event type'
                when is_refusal
                then null {{ missing_or_bad('occurred_at') }}
            end as reject_reason
        from timed
    ),

    {{ decide_fates(
    key='event_id',
    keep='first',
    repeated_in=['events', 'event_id'],
    columns=[
        'message_id', 'email', 'email_key', 'event_type', 'occurred_at', 'received_at', 'url',
        'bounce_type', 'is_machine_open', 'user_agent', 'raw_email', 'raw_event', 'is_refusal',
        'quality_flags',
    ],
    content=[
        'message_id', 'email', 'event_type', 'given_occurred_at', 'url', 'bounce_type',
        'is_machine_open', 'user_agent',
    ],
    raw=raw,
    also=['is_timed_by_clock'],
    by_clock={'occurred_at': refused_by_clock('occurred_at', 'is_timed_by_clock')},
) }}

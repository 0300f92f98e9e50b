{#- Longer than a page, since each kind of source says itself how it refuses. -#}
with
    consents as (select * from {{ ref('checked_crm__consents') }}),

    email_events as (select * from {{ ref('checked_email__events') }}),

    unknown_words as (select * from {{ ref('unknown_event_words') }}),

    consent_columns as (select * from {{ ref('consent_columns') }}),

    letters as (select * from {{ ref('stg_email__messages') }}),

    -- Every seen row speaks, whatever became of it: a refusal in a rejected row is a refusal.
    said as (
        select
            'crm.consents' as source_table,
            consent_id as source_key,
            email,
            raw_email as email_text,
            null as message_id,
            purpose,
            status,
            null as event_type,
            raw_status as said,
            occurred_at,
            quality_flags
        from consents
        where case when status = 'granted' then fate <> 'rejected' else purpose is not null end
        union all
        select
            'email.events' as source_table,
            email_events.event_id as source_key,
            email_events.email,
            email_events.raw_email as email_text,
            email_events.message_id,
            'marketing' as purpose,
            case
                when email_events.event_type is null
                then 'unknown'
                when email_events.event_type = 'bounced'
                then 'undeliverable'
                else 'withdrawn'
            end as status,
            email_events.event_type,
            email_events.raw_event as said,
            email_events.occurred_at,
            email_events.quality_flags
        from email_events
        left join
            unknown_words
            on coalesce(email_events.raw_event, '') = unknown_words.said
            and email_events.event_type is null
            and coalesce(email_events.raw_email, email_events.message_id) is not null
        where email_events.is_refusal or unknown_words.is_doubt
        union all
        select
            source_table,
            source_key,
            email,
            email_text,
            null as message_id,
            'marketing' as purpose,
            status,
            null as event_type,
            said,
            occurred_at,
            case when is_time_unread then 'invalid_occurred_at' end as quality_flags
        from consent_columns
    ),

    -- A grant is for the one address that is written there; a refusal for each that can be found.
    searched as (
        select
            said.*, {{ is_plain_address('said.email') }} as is_plain, letters.email as letter_email
        from said
        left join letters on said.message_id = letters.message_id
    ),

    found as (
        select
            *,
            {{ addresses_within(
            "case when status <> 'granted' and (not is_plain or email_text like '%@%@%')"
            ~ " then email_text end"
        ) }} as found_emails
        from searched
    ),

    addressed as (
        select
            *,
            {{ split_rows(
            "coalesce(found_emails || coalesce(';' || email, ''), email, letter_email, '')", ';'
        ) }} as found_email
        from found
    ),

    mailed as (select *, nullif(found_email, '') as mailbox from addressed),

    purposes as (
        select 'marketing' as purpose
        union all
        select 'personalization' as purpose
    )

select
    mailed.source_table,
    mailed.source_key,
    mailed.mailbox as email,
    {{ email_key('mailed.mailbox') }} as email_key,
    purposes.purpose,
    mailed.status,
    mailed.event_type,
    mailed.said,
    mailed.occurred_at,
    {{ quality_flags([
        {'unreadable_status': "mailed.status = 'unknown'"},
        {'unreadable_time': "mailed.quality_flags like '%invalid_occurred_at%'"},
        {'unreadable_purpose': "mailed.quality_flags like '%unknown_purpose%'"},
        {'address_in_text': "not mailed.is_plain and mailed.mailbox <> coalesce(mailed.email, '')"},
        {'no_address': 'mailed.mailbox is null'},
    ]) }} as review_reason
from mailed
inner join purposes on mailed.purpose in ('all', purposes.purpose)
where mailed.status <> 'granted' or mailed.mailbox is not null

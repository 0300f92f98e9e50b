-- A word that most mailboxes have is what a service calls a letter's way, and nobody's refusal.
{% set most_refusers = 10 %}
with
    email_events as (select * from {{ ref('checked_email__events') }}),

    words as (
        select
            coalesce(raw_event, '') as said,
            count(*) as events_count,
            count(distinct email_key) as mailboxes_count
        from email_events
        where event_type is null and coalesce(raw_email, message_id) is not null
        group by coalesce(raw_event, '')
    ),

    everybody as (select count(distinct email_key) as mailboxes_count from email_events)

select
    words.said,
    words.events_count,
    words.mailboxes_count,
    words.mailboxes_count <= {{ most_refusers }}
    or 2 * words.mailboxes_count <= everybody.mailboxes_count as is_doubt
from words
cross join everybody

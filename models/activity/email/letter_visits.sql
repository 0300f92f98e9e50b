{#- Longer than a page, since a page tells its letter in two ways: by id, or by when it opened. -#}
{#- How long after a click the page that it opens may come. -#}
{%- set page_follows_click_seconds = 120 -%}
{#- The part of an address that names the site. -#}
{%- set site = '^https?://([^/?#]+)' -%}

with
    session_events as (
        select *
        from {{ ref('web_session_events') }}
        where anonymous_id is not null and event_type = 'page'
    ),

    email_clicks as (
        select * from {{ ref('email_events') }} where event_type = 'clicked' and not is_machine
    ),

    pages as (
        select *
        from {{ ref('stg_web__events') }}
        where
            event_type = 'page'
            and page_url is not null
            and (
                letter_message_id is not null
                or page_url in (select email_clicks.url from email_clicks)
            )
    ),

    messages as (select * from {{ ref('stg_email__messages') }}),

    visits as (
        select
            session_events.message_id,
            session_events.anonymous_id,
            session_events.session_id,
            session_events.event_at,
            pages.page_url,
            {{ regex_extract('pages.page_url', site) }} as page_site,
            {{ regex_extract('pages.page_referrer', site) }} as referring_site,
            pages.letter_message_id
        from session_events
        inner join pages on session_events.message_id = pages.message_id
    ),

    -- A page without the letter's id, opened just after a click on its very address, and not from
    -- another page of the shop. A click opens one page: where several devices follow it, any of
    -- them may be the reader's.
    followings as (
        select
            visits.message_id,
            email_clicks.message_id as letter_message_id,
            min(visits.anonymous_id) over click
            = max(visits.anonymous_id) over click as is_only_device
        from visits
        inner join
            email_clicks
            on visits.page_url = email_clicks.url
            and visits.event_at >= email_clicks.occurred_at
            and {{ seconds_between('email_clicks.occurred_at', 'visits.event_at') }}
            <= {{ page_follows_click_seconds }}
        where
            visits.letter_message_id is null
            and coalesce(visits.referring_site <> visits.page_site, true)
        window click as (partition by email_clicks.event_id)
    ),

    followed_clicks as (
        select message_id, min(letter_message_id) as letter_message_id
        from followings
        group by message_id
        having
            count(distinct letter_message_id) = 1
            and min(case when is_only_device then 1 else 0 end) = 1
    ),

    openings as (
        select
            visits.message_id,
            visits.anonymous_id,
            visits.session_id,
            visits.event_at,
            coalesce(
                visits.letter_message_id, followed_clicks.letter_message_id
            ) as letter_message_id
        from visits
        left join followed_clicks on visits.message_id = followed_clicks.message_id
    ),

    -- Only of letters that were opened, which are few.
    opened as (
        select letter_message_id
        from openings
        where letter_message_id is not null
        group by letter_message_id
    ),

    mentions as (
        select messages.message_id, messages.email_key
        from messages
        inner join opened on messages.message_id = opened.letter_message_id
        union all
        select email_clicks.message_id, email_clicks.email_key
        from email_clicks
        inner join opened on email_clicks.message_id = opened.letter_message_id
    ),

    letters as (
        select message_id, min(email_key) as email_key
        from mentions
        where email_key is not null
        group by message_id
        having count(distinct email_key) = 1
    )

select
    openings.message_id,
    openings.anonymous_id,
    letters.email_key,
    openings.letter_message_id,
    openings.session_id,
    openings.event_at as clicked_at
from openings
inner join letters on openings.letter_message_id = letters.message_id

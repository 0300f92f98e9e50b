with
    sessions as (select * from {{ ref('web_sessions') }}),

    customer_sessions as (select session_id, customer_id from {{ ref('customer_sessions') }}),

    messages as (select * from {{ ref('customer_messages') }}),

    visits as (select * from {{ ref('letter_visits') }}),

    -- A visit that several letters have a part in belongs to the one that began it.
    openings as (
        select
            visits.session_id,
            messages.message_id,
            messages.campaign,
            row_number() over (
                partition by visits.session_id order by visits.clicked_at, visits.message_id
            ) as place
        from visits
        inner join messages on visits.letter_message_id = messages.message_id
        where messages.campaign is not null
    ),

    -- Where the letter is not known, the tag of a campaign whose letters went out before.
    campaigns as (
        select lower(campaign) as tag, min(campaign) as campaign, min(sent_at) as first_sent_at
        from messages
        where campaign is not null
        group by lower(campaign)
    )

select
    sessions.session_id,
    customer_sessions.customer_id,
    coalesce(openings.campaign, campaigns.campaign) as campaign,
    openings.message_id,
    case when openings.message_id is not null then 'letter' else 'utm' end as matched_by,
    sessions.started_at,
    sessions.product_views_count,
    sessions.adds_count,
    sessions.has_order
from sessions
left join openings on sessions.session_id = openings.session_id and openings.place = 1
left join
    campaigns
    on lower(sessions.utm_campaign) = campaigns.tag
    and sessions.started_at >= campaigns.first_sent_at
left join customer_sessions on sessions.session_id = customer_sessions.session_id
where coalesce(openings.campaign, campaigns.campaign) is not null

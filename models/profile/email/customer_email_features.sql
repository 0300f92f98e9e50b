with
    events as (select * from {{ ref('email_events') }}),

    email_owners as (
        select identifier_value as email_key, customer_id
        from {{ ref('customer_identifiers') }}
        where identifier_type = 'email' and customer_id is not null
    ),

    -- What a human did with one letter; an event that names no letter stands for one of its own.
    letters as (
        select
            email_key,
            coalesce(message_id, event_id) as letter_id,
            min(case when event_type = 'delivered' then occurred_at end) as delivered_at,
            max(
                case when event_type = 'opened' and not is_machine then occurred_at end
            ) as last_open_at,
            max(
                case when event_type = 'clicked' and not is_machine then occurred_at end
            ) as last_click_at
        from events
        where event_type in ('delivered', 'opened', 'clicked')
        group by email_key, coalesce(message_id, event_id)
    ),

    recent_letters as (
        select
            email_key,
            delivered_at,
            last_open_at,
            last_click_at,
            {{ in_last_days('delivered_at', 90) }} as is_recent
        from letters
    ),

    engagement as (
        select
            email_owners.customer_id,
            cast(sum(recent_letters.is_recent) as bigint) as emails_delivered_90d,
            cast(
                sum(
                    case
                        when recent_letters.last_open_at is not null
                        then recent_letters.is_recent
                        else 0
                    end
                ) as bigint
            ) as emails_opened_90d,
            cast(
                sum(
                    case
                        when recent_letters.last_click_at is not null
                        then recent_letters.is_recent
                        else 0
                    end
                ) as bigint
            ) as emails_clicked_90d,
            max(recent_letters.delivered_at) as last_delivered_at,
            max(recent_letters.last_open_at) as last_open_at,
            max(recent_letters.last_click_at) as last_click_at
        from recent_letters
        inner join email_owners on recent_letters.email_key = email_owners.email_key
        group by email_owners.customer_id
    )

select
    customer_id,
    emails_delivered_90d,
    emails_opened_90d,
    emails_clicked_90d,
    cast(emails_opened_90d as double) / nullif(emails_delivered_90d, 0) as open_rate,
    cast(emails_clicked_90d as double) / nullif(emails_delivered_90d, 0) as click_rate,
    last_delivered_at,
    last_open_at,
    last_click_at
from engagement

{%- set days_to_click = 5 %}

with
    events as (select * from {{ ref('email_events') }}),

    messages as (select * from {{ ref('customer_messages') }}),

    email_owners as (
        select identifier_value as email_key, customer_id
        from {{ ref('customer_identifiers') }}
        where identifier_type = 'email' and customer_id is not null
    ),

    -- A delivery that names no letter is one of its own.
    told as (
        select
            email_key,
            coalesce(message_id, event_id) as letter_id,
            min(case when event_type = 'delivered' then occurred_at end) as delivered_at,
            min(case when event_type = 'bounced' then occurred_at end) as bounced_at,
            min(
                case when event_type = 'clicked' and not is_machine then occurred_at end
            ) as clicked_at
        from events
        where event_type in ('delivered', 'bounced', 'clicked') and occurred_at <= {{ as_of() }}
        group by email_key, coalesce(message_id, event_id)
    ),

    -- Not each sender tells of deliveries: what was sent and did not come back has reached
    -- somebody.
    letters as (
        select
            coalesce(messages.email_key, told.email_key) as email_key,
            coalesce(messages.message_id, told.letter_id) as letter_id,
            messages.customer_id,
            coalesce(
                told.delivered_at, case when told.bounced_at is null then messages.sent_at end
            ) as delivered_at,
            told.clicked_at
        from messages
        full outer join
            told on messages.email_key = told.email_key and messages.message_id = told.letter_id
    ),

    owned as (
        select
            coalesce(letters.customer_id, email_owners.customer_id) as customer_id,
            letters.letter_id,
            letters.email_key,
            letters.delivered_at,
            letters.clicked_at,
            {{ add_days('letters.delivered_at', days_to_click) }} as judged_at
        from letters
        left join email_owners on letters.email_key = email_owners.email_key
        where letters.delivered_at is not null
    )

select
    customer_id,
    letter_id,
    email_key,
    delivered_at,
    cast(
        {{ days_between_dates('cast(delivered_at as date)', 'cast(' ~ as_of() ~ ' as date)') }}
        as integer
    ) as days_ago,
    case
        when judged_at <= {{ as_of() }} then coalesce(clicked_at < judged_at, false)
    end as is_response
from owned
where customer_id is not null

with
    events as (select * from {{ ref('customer_web_events') }}),

    sightings as (select * from {{ ref('device_sightings') }}),

    orders as (select * from {{ ref('customer_orders') }} where is_paid),

    letters as (select * from {{ ref('delivered_letters') }}),

    email_events as (select * from {{ ref('email_events') }} where not is_machine),

    email_owners as (
        select identifier_value as email_key, customer_id
        from {{ ref('customer_identifiers') }}
        where identifier_type = 'email' and customer_id is not null
    ),

    -- A visit that only a later log-in tied to the customer was not known of at its time: to look
    -- back at it would tell of what was to come.
    known_devices as (
        select anonymous_id, customer_id, min(seen_at) as known_since
        from sightings
        group by anonymous_id, customer_id
    ),

    activities as (
        select distinct
            events.customer_id,
            'visit' as activity,
            events.session_id as activity_key,
            cast(events.event_at as date) as happened_on
        from events
        left join
            known_devices
            on events.anonymous_id = known_devices.anonymous_id
            and events.customer_id = known_devices.customer_id
        where
            events.event_at <= {{ as_of() }}
            and (events.attribution = 'user_id' or events.event_at >= known_devices.known_since)

        union all

        select
            customer_id,
            'order' as activity,
            order_id as activity_key,
            cast(created_at as date) as happened_on
        from orders
        where created_at <= {{ as_of() }}

        union all

        select
            customer_id,
            'letter' as activity,
            letter_id as activity_key,
            cast(delivered_at as date) as happened_on
        from letters

        union all

        select
            email_owners.customer_id,
            case email_events.event_type when 'clicked' then 'click' else 'open' end as activity,
            email_events.event_id as activity_key,
            cast(email_events.occurred_at as date) as happened_on
        from email_events
        inner join email_owners on email_events.email_key = email_owners.email_key
        where
            email_events.event_type in ('opened', 'clicked')
            and email_events.occurred_at <= {{ as_of() }}
    )

select
    customer_id,
    activity,
    cast(
        {{ days_between_dates('happened_on', 'cast(' ~ as_of() ~ ' as date)') }} as integer
    ) as days_ago,
    count(*) as times
from activities
group by customer_id, activity, happened_on

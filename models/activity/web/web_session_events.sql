with
    events as (select * from {{ ref('stg_web__events') }}),

    visits as (
        select
            message_id,
            coalesce('a:' || anonymous_id, 'u:' || user_id) as visitor_key,
            anonymous_id,
            user_id,
            event_type,
            event_name,
            event_at,
            received_at,
            page_path,
            page_referrer,
            {{ device_of('user_agent') }} as device,
            product_id,
            category,
            cart_id,
            order_id,
            utm_source,
            utm_campaign
        from events
        where not coalesce(is_bot, false) and coalesce(anonymous_id, user_id) is not null
    ),

    with_previous as (
        select
            *,
            row_number() over visitor as event_position,
            lag(event_at) over visitor as previous_event_at
        from visits
        window visitor as (partition by visitor_key order by event_at, received_at, message_id)
    ),

    with_gaps as (
        select
            *,
            sum(
                case
                    when
                        {{ seconds_between('previous_event_at', 'event_at') }}
                        >= {{ session_gap_seconds() }}
                    then 1
                    else 0
                end
            ) over (
                partition by visitor_key
                order by event_position
                rows between unbounded preceding and current row
            ) as gaps_count
        from with_previous
    ),

    -- Another user than the one who was logged in last since the pause; whoever used the device
    -- days ago does not cut off what was looked at before the login.
    with_starts as (
        select
            *,
            coalesce(
                row_number() over visit = 1
                or user_id <> {{ ignoring_nulls('lag', 'user_id') }} over visit,
                false
            ) as starts_session
        from with_gaps
        window visit as (partition by visitor_key, gaps_count order by event_position)
    ),

    -- A session is named by its first event.
    with_first_events as (
        select
            *,
            {{ ignoring_nulls('last_value', 'case when starts_session then message_id end') }}
            over (
                partition by visitor_key
                order by event_position
                rows between unbounded preceding and current row
            ) as first_message_id
        from with_starts
    )

select
    message_id,
    {{ hash_uuid("visitor_key || '|' || first_message_id") }} as session_id,
    visitor_key,
    anonymous_id,
    user_id,
    event_position,
    starts_session,
    event_type,
    event_name,
    event_at,
    page_path,
    page_referrer,
    device,
    product_id,
    category,
    cart_id,
    order_id,
    utm_source,
    utm_campaign
from with_first_events

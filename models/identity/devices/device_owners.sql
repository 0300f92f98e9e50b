with
    steps as (select * from {{ ref('device_steps') }}),

    sightings as (select * from {{ ref('device_sightings') }}),

    letter_visits as (select * from {{ ref('letter_visits') }}),

    letter_clicks as (select * from {{ ref('device_evidence') }} where evidence = 'letter_clicks'),

    patterns as (
        select * from {{ ref('blocked_identifiers') }} where identifier_type = 'anonymous_id'
    ),

    -- An address that several people hold does not tell who clicked.
    addresses as (
        select *
        from {{ ref('customer_identifiers') }}
        where identifier_type = 'email' and not is_shared
    ),

    -- Most devices show one person, and are theirs from the first sighting on, whatever comes
    -- later.
    unshared as (
        select
            anonymous_id,
            min(customer_id) as customer_id,
            {{ first_by('evidence', 'seen_at') }} as evidence
        from sightings
        group by anonymous_id
        having min(customer_id) = max(customer_id)
    ),

    compared as (
        select
            *,
            lag(customer_id) over device as previous_customer_id,
            lag(session_id) over device as previous_session_id,
            count(customer_id) over (
                partition by anonymous_id
                order by step_number
                rows between unbounded preceding and current row
            ) as sightings_count
        from steps
        window device as (partition by anonymous_id order by step_number)
    ),

    -- A log-out before anybody was seen ends nothing. A kiosk is taken over anew in each session.
    turns as (
        select *, row_number() over device as turn, lead(starts_at) over device as next_starts_at
        from compared
        where
            sightings_count > 0
            and (
                coalesce(customer_id, '') <> coalesce(previous_customer_id, '')
                or (is_kiosk and coalesce(session_id, '') <> coalesce(previous_session_id, ''))
            )
        window device as (partition by anonymous_id order by step_number)
    ),

    -- Of a device that showed nobody: whose letters it opened, and nobody else's.
    readers as (
        select
            letter_visits.anonymous_id,
            min(addresses.customer_id) as customer_id,
            min(letter_clicks.evidence) as evidence
        from letter_visits
        inner join addresses on letter_visits.email_key = addresses.identifier_value
        cross join letter_clicks
        left join sightings on letter_visits.anonymous_id = sightings.anonymous_id
        where sightings.anonymous_id is null
        group by letter_visits.anonymous_id
        having
            min(addresses.customer_id) = max(addresses.customer_id)
            and count(distinct letter_visits.letter_message_id) >= min(letter_clicks.min_letters)
            and count(distinct letter_visits.session_id) >= min(letter_clicks.min_letters)
    ),

    owned as (
        select
            anonymous_id,
            customer_id,
            case when is_kiosk or turn > 1 then starts_at end as valid_from,
            case
                when not is_kiosk
                then next_starts_at
                when next_starts_at <= {{ add_seconds('session_ended_at', 1) }}
                then next_starts_at
                else {{ add_seconds('session_ended_at', 1) }}
            end as valid_to,
            evidence
        from turns
        where customer_id is not null
        union all
        select anonymous_id, customer_id, null as valid_from, null as valid_to, evidence
        from unshared
        union all
        select anonymous_id, customer_id, null as valid_from, null as valid_to, evidence
        from readers
    )

select owned.anonymous_id, owned.customer_id, owned.valid_from, owned.valid_to, owned.evidence
from owned
left join patterns on owned.anonymous_id like patterns.pattern
where
    patterns.pattern is null
    -- A turn of no length owns nothing.
    and (owned.valid_from is null or owned.valid_to is null or owned.valid_from < owned.valid_to)

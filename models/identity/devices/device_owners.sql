with steps as (select * from {{ ref('device_steps') }}),

sightings as (select * from {{ ref('device_sightings') }}),

letter_visits as (select * from {{ ref('letter_visits') }}),

evidence_kinds as (select * from {{ ref('device_evidence') }}),

patterns as (
    select * from {{ ref('blocked_identifiers') }}
    where identifier_type = 'anonymous_id'
),

-- An address that several people hold does not tell who clicked.
addresses as (
    select * from {{ ref('identity_identifiers') }}
    where identifier_type = 'email' and not is_shared
),

-- Most devices show one person, and are theirs from the first sighting on, whatever comes later.
unshared as (
    select
        sightings.anonymous_id,
        min(sightings.customer_id) as customer_id,
        {{ first_by('sightings.evidence', 'sightings.seen_at') }} as evidence
    from sightings
    left join patterns on sightings.anonymous_id like patterns.pattern
    where patterns.pattern is null
    group by sightings.anonymous_id
    having min(sightings.customer_id) = max(sightings.customer_id)
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
    select
        *,
        row_number() over device as turn,
        lead(starts_at) over device as next_starts_at
    from compared
    where
        sightings_count > 0
        and (
            coalesce(customer_id, '') <> coalesce(previous_customer_id, '')
            or (is_kiosk and coalesce(session_id, '') <> coalesce(previous_session_id, ''))
        )
    window device as (partition by anonymous_id order by step_number)
),

owned as (
    select
        anonymous_id,
        customer_id,
        case when is_kiosk or turn > 1 then starts_at end as valid_from,
        case
            when not is_kiosk then next_starts_at
            when next_starts_at <= {{ add_seconds('session_ended_at', 1) }} then next_starts_at
            else {{ add_seconds('session_ended_at', 1) }}
        end as valid_to,
        evidence
    from turns
    where customer_id is not null
    union all
    select
        anonymous_id,
        customer_id,
        null as valid_from,
        null as valid_to,
        evidence
    from unshared
),

-- Of a device that showed nobody: whose letters it opened, and nobody else's.
readers as (
    select
        letter_visits.anonymous_id,
        min(addresses.customer_id) as customer_id,
        count(distinct letter_visits.letter_message_id) as letters_count,
        count(distinct letter_visits.session_id) as sessions_count
    from letter_visits
    inner join addresses on letter_visits.email_key = addresses.identifier_value
    left join sightings on letter_visits.anonymous_id = sightings.anonymous_id
    left join patterns on letter_visits.anonymous_id like patterns.pattern
    where sightings.anonymous_id is null and patterns.pattern is null
    group by letter_visits.anonymous_id
    having min(addresses.customer_id) = max(addresses.customer_id)
)

select
    anonymous_id,
    customer_id,
    valid_from,
    valid_to,
    evidence
from owned
-- A turn of no length owns nothing.
where valid_from is null or valid_to is null or valid_from < valid_to
union all
select
    readers.anonymous_id,
    readers.customer_id,
    null as valid_from,
    null as valid_to,
    evidence_kinds.evidence
from readers
inner join evidence_kinds
    on readers.letters_count >= evidence_kinds.min_letters
    and readers.sessions_count >= evidence_kinds.min_letters
where evidence_kinds.evidence = 'letter_clicks'

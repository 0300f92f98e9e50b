{{ config(
    materialized='scoped',
    replaces=[['anonymous_id', 'device_rescanned'], "evidence = 'letter_clicks'"],
) }}

-- depends_on: {{ ref('device_rescanned') }}
with steps as (
    select * from {{ ref('device_steps') }}
    where {{ is_rescanned('anonymous_id') }}
),

sightings as (select * from {{ ref('device_sightings') }}),

letter_clicks as (select * from {{ ref('device_letter_clicks') }}),

evidence_kinds as (select * from {{ ref('device_evidence') }}),

patterns as (
    select * from {{ ref('blocked_identifiers') }}
    where identifier_type = 'anonymous_id'
),

compared as (
    select
        *,
        lag(customer_id) over (partition by anonymous_id order by step_number)
            as previous_customer_id,
        lag(session_id) over (partition by anonymous_id order by step_number)
            as previous_session_id,
        count(customer_id) over (
            partition by anonymous_id
            order by step_number
            rows between unbounded preceding and current row
        ) as sightings_count
    from steps
),

-- A log-out before anybody was seen ends nothing. A kiosk is taken over anew in each session.
turns as (
    select
        anonymous_id,
        customer_id,
        evidence,
        is_kiosk,
        starts_at,
        session_ended_at,
        row_number() over (partition by anonymous_id order by step_number) as turn,
        lead(starts_at) over (partition by anonymous_id order by step_number) as next_starts_at
    from compared
    where
        sightings_count > 0
        and (
            coalesce(customer_id, '') <> coalesce(previous_customer_id, '')
            or (is_kiosk and coalesce(session_id, '') <> coalesce(previous_session_id, ''))
        )
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
),

-- Of a device that showed nobody: whose letters it opened, and nobody else's.
readers as (
    select
        letter_clicks.anonymous_id,
        min(letter_clicks.customer_id) as customer_id,
        count(distinct letter_clicks.letter_message_id) as letters_count,
        count(distinct letter_clicks.session_id) as sessions_count
    from letter_clicks
    left join sightings on letter_clicks.anonymous_id = sightings.anonymous_id
    left join patterns on letter_clicks.anonymous_id like patterns.pattern
    where sightings.anonymous_id is null and patterns.pattern is null
    group by letter_clicks.anonymous_id
    having count(distinct letter_clicks.customer_id) = 1
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
    null,
    null,
    evidence_kinds.evidence
from readers
inner join evidence_kinds
    on readers.letters_count >= evidence_kinds.min_letters
    and readers.sessions_count >= evidence_kinds.min_letters
where evidence_kinds.evidence = 'letter_clicks'

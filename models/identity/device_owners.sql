{{ config(materialized='table') }}

with sightings as (select * from {{ ref('device_sightings') }}),

suppressed as (
    select * from {{ ref('suppressed_identifiers') }}
    where identifier_type = 'anonymous_id'
),

-- Two people on one device in one instant: the smaller id goes first, in every run.
steps as (
    select
        sightings.anonymous_id,
        sightings.customer_id,
        sightings.seen_at,
        sightings.evidence,
        lag(sightings.customer_id) over (
            partition by sightings.anonymous_id
            order by sightings.seen_at, sightings.customer_id
        ) as previous_customer_id
    from sightings
    left join suppressed on sightings.anonymous_id = suppressed.identifier_value
    where suppressed.identifier_value is null
),

takeovers as (
    select
        anonymous_id,
        customer_id,
        seen_at,
        evidence,
        row_number() over (partition by anonymous_id order by seen_at, customer_id) as turn
    from steps
    where previous_customer_id is null or previous_customer_id <> customer_id
),

turns as (
    select
        anonymous_id,
        customer_id,
        case when turn > 1 then seen_at end as valid_from,
        lead(seen_at) over (partition by anonymous_id order by turn) as valid_to,
        evidence
    from takeovers
)

select
    anonymous_id,
    customer_id,
    valid_from,
    valid_to,
    evidence
from turns
-- A turn of no length owns nothing.
where valid_from is null or valid_to is null or valid_from < valid_to

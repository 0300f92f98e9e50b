with
    blocked_values as (select * from {{ ref('identity_blocked_values') }}),

    sightings as (select * from {{ ref('device_sightings') }}),

    limits as (select * from {{ ref('identifier_limits') }} where identifier_type = 'anonymous_id'),

    patterns as (
        select * from {{ ref('blocked_identifiers') }} where identifier_type = 'anonymous_id'
    ),

    devices as (
        select anonymous_id, count(*) as records_count, count(distinct customer_id) as people_count
        from sightings
        group by anonymous_id
    ),

    blocked_devices as (
        select devices.anonymous_id, min(patterns.why) as why
        from devices
        inner join patterns on devices.anonymous_id like patterns.pattern
        group by devices.anonymous_id
    ),

    judged as (
        select
            devices.anonymous_id,
            devices.records_count,
            devices.people_count,
            case
                when blocked_devices.anonymous_id is not null
                then 'blocked'
                when devices.people_count > limits.max_people
                then 'too_many_people'
            end as reason,
            coalesce(blocked_devices.why, limits.why) as why
        from devices
        cross join limits
        left join blocked_devices on devices.anonymous_id = blocked_devices.anonymous_id
    )

select identifier_type, identifier_value, reason, why, records_count, people_count
from blocked_values
union all
select
    'anonymous_id' as identifier_type,
    anonymous_id as identifier_value,
    reason,
    why,
    records_count,
    people_count
from judged
where reason is not null

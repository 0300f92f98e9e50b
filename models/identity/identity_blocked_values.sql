{{ config(materialized='table') }}

with identifiers as (select * from {{ ref('identity_record_identifiers') }}),

records as (select * from {{ ref('identity_records') }}),

limits as (select * from {{ ref('identifier_limits') }}),

patterns as (select * from {{ ref('blocked_identifiers') }}),

nicknames as (select * from {{ ref('nicknames') }}),

usage as (
    select
        identifiers.identifier_type,
        identifiers.identifier_value,
        count(distinct identifiers.record_key) as records_count,
        count(
            distinct coalesce(nicknames.canonical_name, split_part(records.first_name_key, ' ', 1))
        ) as people_count
    from identifiers
    inner join records on identifiers.record_key = records.record_key
    left join nicknames on split_part(records.first_name_key, ' ', 1) = nicknames.name
    group by identifiers.identifier_type, identifiers.identifier_value
),

blocked as (
    select
        usage.identifier_type,
        usage.identifier_value,
        min(patterns.why) as why
    from usage
    inner join patterns
        on usage.identifier_type = patterns.identifier_type
        and usage.identifier_value like patterns.pattern
    group by usage.identifier_type, usage.identifier_value
),

judged as (
    select
        usage.identifier_type,
        usage.identifier_value,
        case
            when blocked.why is not null then 'blocked'
            when usage.people_count > limits.max_people then 'too_many_people'
            when usage.records_count > limits.max_records then 'too_many_records'
        end as reason,
        coalesce(blocked.why, limits.why) as why,
        usage.records_count,
        usage.people_count
    from usage
    inner join limits on usage.identifier_type = limits.identifier_type
    left join blocked
        on usage.identifier_type = blocked.identifier_type
        and usage.identifier_value = blocked.identifier_value
)

select
    identifier_type,
    identifier_value,
    reason,
    why,
    records_count,
    people_count
from judged
where reason is not null

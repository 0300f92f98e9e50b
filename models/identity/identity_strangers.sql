{{ config(materialized='whole') }}

with usage as (select * from {{ ref('identity_value_usage') }}),

identifiers as (select * from {{ ref('identity_record_identifiers') }}),

names as (
    select * from {{ ref('identity_named_records') }}
    where last_name is not null
),

limits as (select * from {{ ref('identifier_limits') }}),

suspects as (
    select
        usage.identifier_type,
        usage.identifier_value,
        usage.named_records_count,
        limits.max_unrelated
    from usage
    inner join limits on usage.identifier_type = limits.identifier_type
    where
        usage.people_count > limits.max_unrelated
        and usage.families_count > limits.max_unrelated
        -- What is over another limit need not be looked at, however many names it has.
        and usage.people_count <= coalesce(limits.max_people, usage.people_count)
        and usage.records_count <= coalesce(limits.max_records, usage.records_count)
),

holders as (
    select
        suspects.identifier_type,
        suspects.identifier_value,
        names.given_name,
        names.last_name,
        names.place,
        count(distinct names.record_key) as records_count
    from suspects
    inner join identifiers
        on suspects.identifier_type = identifiers.identifier_type
        and suspects.identifier_value = identifiers.identifier_value
    inner join names on identifiers.record_key = names.record_key
    group by
        suspects.identifier_type,
        suspects.identifier_value,
        names.given_name,
        names.last_name,
        names.place
),

-- A value of which most records bear one name has an owner, who may have sent gifts to others.
given_names as (
    select
        identifier_type,
        identifier_value,
        given_name,
        sum(records_count) as records_count
    from holders
    group by identifier_type, identifier_value, given_name
),

owned as (
    select
        given_names.identifier_type,
        given_names.identifier_value
    from given_names
    inner join suspects
        on given_names.identifier_type = suspects.identifier_type
        and given_names.identifier_value = suspects.identifier_value
    where given_names.records_count * 2 > suspects.named_records_count
    group by given_names.identifier_type, given_names.identifier_value
),

-- Whoever has something in common with a holder before (in order of name) is no further stranger.
acquainted as (
    select
        one.identifier_type,
        one.identifier_value,
        one.given_name,
        one.last_name
    from holders as one
    inner join holders as other
        on one.identifier_type = other.identifier_type
        and one.identifier_value = other.identifier_value
    where
        (
            other.given_name < one.given_name
            or (other.given_name = one.given_name and other.last_name < one.last_name)
        )
        and (
            {{ alike('one.given_name', 'other.given_name') }}
            or {{ alike('one.last_name', 'other.last_name') }}
            or (one.given_name = other.last_name and one.last_name = other.given_name)
            or coalesce(one.place = other.place, false)
        )
    group by one.identifier_type, one.identifier_value, one.given_name, one.last_name
),

people as (
    select
        identifier_type,
        identifier_value,
        given_name,
        last_name
    from holders
    group by identifier_type, identifier_value, given_name, last_name
),

counted as (
    select
        people.identifier_type,
        people.identifier_value,
        count(*) as strangers_count
    from people
    left join acquainted
        on people.identifier_type = acquainted.identifier_type
        and people.identifier_value = acquainted.identifier_value
        and people.given_name = acquainted.given_name
        and people.last_name = acquainted.last_name
    where acquainted.given_name is null
    group by people.identifier_type, people.identifier_value
)

select
    counted.identifier_type,
    counted.identifier_value,
    counted.strangers_count
from counted
inner join suspects
    on counted.identifier_type = suspects.identifier_type
    and counted.identifier_value = suspects.identifier_value
left join owned
    on counted.identifier_type = owned.identifier_type
    and counted.identifier_value = owned.identifier_value
where counted.strangers_count > suspects.max_unrelated and owned.identifier_value is null

{{ config(
    materialized='scoped',
    replaces=[['identifier_type, identifier_value', 'identity_recounted_values']],
) }}

with identifiers as (select * from {{ ref('identity_recounted_identifiers') }}),

names as {{ inline_cte() }} (select * from {{ ref('identity_named_records') }}),

records as {{ inline_cte() }} (select * from {{ ref('identity_records') }}),

limits as (select * from {{ ref('identifier_limits') }}),

patterns as (select * from {{ ref('blocked_identifiers') }}),

common_values as (select * from {{ ref('identity_common_values') }}),

held as (
    select
        identifiers.identifier_type,
        identifiers.identifier_value,
        identifiers.record_key
    from identifiers
    inner join common_values
        on identifiers.identifier_type = common_values.identifier_type
        and identifiers.identifier_value = common_values.identifier_value
),

-- No value with one given name on few records is over a limit: most need no closer look.
spread as (
    select
        held.identifier_type,
        held.identifier_value,
        count(*) as uses_count,
        coalesce(min(names.given_name) <> max(names.given_name), false) as has_other_names
    from held
    left join names on held.record_key = names.record_key
    group by held.identifier_type, held.identifier_value
),

suspects as (
    select
        spread.identifier_type,
        spread.identifier_value
    from spread
    inner join limits on spread.identifier_type = limits.identifier_type
    where
        (spread.has_other_names and not limits.is_strong)
        or coalesce(spread.uses_count > limits.max_records, false)
),

-- An account may send to anybody, and its holder have several addresses: only whoever comes with
-- both a name and an address of their own is somebody else.
strong_suspects as (
    select
        spread.identifier_type,
        spread.identifier_value,
        limits.max_people
    from spread
    inner join limits on spread.identifier_type = limits.identifier_type
    where limits.is_strong and spread.uses_count > limits.max_people
),

suspect_keys as (
    select
        held.identifier_type,
        held.identifier_value,
        least(count(distinct records.given_name), count(distinct records.email_key))
            as people_count
    from held
    inner join strong_suspects
        on held.identifier_type = strong_suspects.identifier_type
        and held.identifier_value = strong_suspects.identifier_value
    inner join records on held.record_key = records.record_key
    group by held.identifier_type, held.identifier_value, strong_suspects.max_people
    having
        least(count(distinct records.given_name), count(distinct records.email_key))
        > strong_suspects.max_people
),

uses as (
    select
        held.identifier_type,
        held.identifier_value,
        held.record_key,
        cast(null as bigint) as key_users_count,
        cast(null as {{ dbt.type_string() }}) as blocked_why
    from held
    inner join suspects
        on held.identifier_type = suspects.identifier_type
        and held.identifier_value = suspects.identifier_value
    union all
    select
        held.identifier_type,
        held.identifier_value,
        held.record_key,
        suspect_keys.people_count,
        null
    from held
    inner join suspect_keys
        on held.identifier_type = suspect_keys.identifier_type
        and held.identifier_value = suspect_keys.identifier_value
    union all
    select
        identifiers.identifier_type,
        identifiers.identifier_value,
        identifiers.record_key,
        null,
        patterns.why
    from identifiers
    inner join patterns
        on identifiers.identifier_type = patterns.identifier_type
        and identifiers.identifier_value like patterns.pattern
)

select
    uses.identifier_type,
    uses.identifier_value,
    min(uses.blocked_why) as blocked_why,
    count(distinct uses.record_key) as records_count,
    count(distinct names.record_key) as named_records_count,
    coalesce(max(uses.key_users_count), count(distinct names.given_name)) as people_count,
    count(distinct names.last_name) as families_count
from uses
left join names on uses.record_key = names.record_key
group by uses.identifier_type, uses.identifier_value

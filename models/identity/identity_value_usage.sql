{{ config(
    materialized='scoped',
    replaces=[['identifier_type, identifier_value', 'identity_recounted_values']],
) }}

-- depends_on: {{ ref('identity_recounted_values') }}
with identifiers as (
    select identifiers.*
    from {{ ref('identity_record_identifiers') }} as identifiers
    {%- if not run_is_full() %}
        inner join {{ ref('identity_recounted_values') }} as recounted
            on identifiers.identifier_type = recounted.identifier_type
            and identifiers.identifier_value = recounted.identifier_value
    {%- endif %}
),

names as {{ inline_cte() }} (select * from {{ ref('identity_named_records') }}),

limits as (select * from {{ ref('identifier_limits') }}),

patterns as (select * from {{ ref('blocked_identifiers') }}),

-- No value with one given name on few records is over a limit: most need no closer look.
spread as (
    select
        identifiers.identifier_type,
        identifiers.identifier_value,
        count(*) as uses_count,
        coalesce(min(names.given_name) <> max(names.given_name), false) as has_other_names
    from identifiers
    left join names on identifiers.record_key = names.record_key
    group by identifiers.identifier_type, identifiers.identifier_value
),

blocked as (
    select
        spread.identifier_type,
        spread.identifier_value,
        min(patterns.why) as why
    from spread
    inner join patterns
        on spread.identifier_type = patterns.identifier_type
        and spread.identifier_value like patterns.pattern
    group by spread.identifier_type, spread.identifier_value
),

suspects as (
    select
        spread.identifier_type,
        spread.identifier_value,
        blocked.why as blocked_why
    from spread
    inner join limits on spread.identifier_type = limits.identifier_type
    left join blocked
        on spread.identifier_type = blocked.identifier_type
        and spread.identifier_value = blocked.identifier_value
    where
        blocked.why is not null
        or spread.has_other_names
        or coalesce(spread.uses_count > limits.max_records, false)
)

select
    suspects.identifier_type,
    suspects.identifier_value,
    suspects.blocked_why,
    count(distinct identifiers.record_key) as records_count,
    count(distinct names.record_key) as named_records_count,
    count(distinct names.given_name) as people_count,
    count(distinct names.last_name) as families_count
from suspects
inner join identifiers
    on suspects.identifier_type = identifiers.identifier_type
    and suspects.identifier_value = identifiers.identifier_value
left join names on identifiers.record_key = names.record_key
group by suspects.identifier_type, suspects.identifier_value, suspects.blocked_why

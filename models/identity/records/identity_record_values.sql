with
    records as (select * from {{ ref('identity_records') }}),

    stated as (select * from {{ ref('identity_stated_values') }}),

    patterns as (select * from {{ ref('blocked_identifiers') }}),

    record_values as (
        select
            records.record_id,
            records.record_key,
            stated.identifier_type,
            stated.identifier_value,
            stated.shown_value,
            min(stated.observed_at) as observed_at
        from stated
        inner join records on stated.record_key = records.record_key
        group by
            records.record_id,
            records.record_key,
            stated.identifier_type,
            stated.identifier_value,
            stated.shown_value
    ),

    uses as (
        select identifier_type, identifier_value, count(*) as uses_count
        from record_values
        group by identifier_type, identifier_value
    ),

    blocked as (
        select uses.identifier_type, uses.identifier_value
        from uses
        inner join
            patterns
            on uses.identifier_type = patterns.identifier_type
            and uses.identifier_value like patterns.pattern
        group by uses.identifier_type, uses.identifier_value
    ),

    -- What one record alone says joins nobody, and needs no number.
    numbered as (
        select
            uses.identifier_type,
            uses.identifier_value,
            row_number() over (order by uses.identifier_type, uses.identifier_value) as value_id
        from uses
        left join
            blocked
            on uses.identifier_type = blocked.identifier_type
            and uses.identifier_value = blocked.identifier_value
        where uses.uses_count > 1 or blocked.identifier_value is not null
    )

select
    record_values.record_id,
    record_values.record_key,
    record_values.identifier_type,
    record_values.identifier_value,
    numbered.value_id,
    record_values.shown_value,
    record_values.observed_at
from record_values
left join
    numbered
    on record_values.identifier_type = numbered.identifier_type
    and record_values.identifier_value = numbered.identifier_value

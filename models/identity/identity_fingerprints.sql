{{ config(materialized='scoped', replaces=[['record_key', 'identity_checked_records']]) }}

-- depends_on: {{ ref('identity_checked_records') }}
with records as (
    select * from {{ ref('identity_records') }}
    where {{ is_checked('record_key') }}
),

identifiers as (
    select * from {{ ref('identity_record_identifiers') }}
    where {{ is_checked('record_key') }}
),

blocked_values as (select * from {{ ref('identity_blocked_values') }}),

overrides as (select * from {{ ref('identity_overrides') }}),

parts as (
    select
        record_key,
        {{ hash64(
            'observed_at, first_name_key, last_name_key, given_name, birth_date, birth_date_key, gender,'
            ~ ' street_key, city_key, postal_code_key, email_key, phone, names_its_person'
        ) }} as fingerprint
    from records

    union all

    -- A value that is blocked, or not any more, changes all who have it.
    select
        identifiers.record_key,
        {{ hash64(
            'identifiers.identifier_type, identifiers.identifier_value, identifiers.shown_value,'
            ~ ' identifiers.observed_at, blocked_values.reason'
        ) }}
    from identifiers
    left join blocked_values
        on identifiers.identifier_type = blocked_values.identifier_type
        and identifiers.identifier_value = blocked_values.identifier_value

    union all

    -- Written down both ways round, a decision would else cancel itself out in the sum.
    select
        record_key_a,
        {{ hash64("'a', record_key_b, decision, decided_by, decided_at") }}
    from overrides

    union all

    select
        record_key_b,
        {{ hash64("'b', record_key_a, decision, decided_by, decided_at") }}
    from overrides
),

summed as (
    select
        record_key,
        -- Hashed once more: where only the last column differs, so do DuckDB's hashes by a xor.
        bit_xor({{ hash64('fingerprint') }}) as fingerprint
    from parts
    group by record_key
)

-- An override may name a record that is not there.
select
    summed.record_key,
    summed.fingerprint
from summed
inner join records on summed.record_key = records.record_key

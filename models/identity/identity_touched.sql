{{ config(materialized='whole') }}

-- depends_on: {{ ref('identity_run') }}
-- depends_on: {{ ref('identity_records') }}
-- depends_on: {{ ref('identity_checked_records') }}
-- depends_on: {{ ref('identity_fingerprints') }}
-- depends_on: {{ ref('identity_record_identifiers') }}
-- depends_on: {{ ref('identity_blocked_values') }}
-- depends_on: {{ ref('identity_overrides') }}

{%- set known_columns = {
    'record_key': dbt.type_string(),
    'fingerprint': 'bigint',
    'neighbourhood': dbt.type_string(),
} %}

{% if run_is_full() %}
    select record_key
    from {{ ref('identity_records') }}
{% else %}
    with checked as (select * from {{ ref('identity_checked_records') }}),

    fingerprints as (select * from {{ ref('identity_fingerprints') }}),

    identifiers as {{ inline_cte() }} (select * from {{ ref('identity_record_identifiers') }}),

    blocked_values as (select * from {{ ref('identity_blocked_values') }}),

    overrides as (select * from {{ ref('identity_overrides') }}),

    known as {{ inline_cte() }} (
        {{ rows_before('identity_known_records', known_columns) }}
    ),

    -- New, changed or gone.
    changed as (
        select
            checked.record_key,
            known.neighbourhood
        from checked
        left join fingerprints on checked.record_key = fingerprints.record_key
        left join known on checked.record_key = known.record_key
        where
            checked.is_changed
            or fingerprints.fingerprint is distinct from known.fingerprint
    ),

    held as (
        select
            identifiers.identifier_type,
            identifiers.identifier_value
        from identifiers
        inner join changed on identifiers.record_key = changed.record_key
        left join blocked_values
            on identifiers.identifier_type = blocked_values.identifier_type
            and identifiers.identifier_value = blocked_values.identifier_value
        where blocked_values.identifier_value is null
        group by identifiers.identifier_type, identifiers.identifier_value
    ),

    -- Whom a changed record may be linked with now.
    acquainted as (
        select identifiers.record_key
        from identifiers
        inner join held
            on identifiers.identifier_type = held.identifier_type
            and identifiers.identifier_value = held.identifier_value
        union
        select overrides.record_key_a
        from overrides
        inner join changed on overrides.record_key_b = changed.record_key
        union
        select overrides.record_key_b
        from overrides
        inner join changed on overrides.record_key_a = changed.record_key
    ),

    -- Whom it or they may have been linked with before, over any number of others.
    neighbourhoods as (
        select neighbourhood from changed
        union
        select known.neighbourhood
        from acquainted
        inner join known on acquainted.record_key = known.record_key
    )

    select record_key from changed
    union
    select known.record_key
    from known
    inner join neighbourhoods on known.neighbourhood = neighbourhoods.neighbourhood
{% endif %}

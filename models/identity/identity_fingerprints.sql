{{ config(materialized='scoped', replaces=[['record_key', 'identity_checked_records']]) }}

-- depends_on: {{ ref('identity_checked_records') }}
with records as (
    select * from {{ ref('identity_records') }}
    where source_table in ('web.users', 'web.identify') and {{ is_checked('record_key') }}
),

identifiers as (
    select * from {{ ref('identity_record_identifiers') }}
    where
        (
            identifier_type in ('cart_id', 'order_id', 'session_id')
            or record_key like 'web.users:%'
            or record_key like 'web.identify:%'
        )
        and {{ is_checked('record_key') }}
),

parts as (
    select
        record_key,
        {{ hash64('observed_at, first_name_key, last_name_key, name_suffix') }} as fingerprint
    from records
    union all
    select
        record_key,
        {{ hash64('identifier_type, identifier_value, shown_value, observed_at') }}
    from identifiers
)

select
    record_key,
    -- Hashed once more: where only the last column differs, so do DuckDB's hashes by a xor.
    bit_xor({{ hash64('fingerprint') }}) as fingerprint
from parts
group by record_key

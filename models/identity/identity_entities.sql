{{ config(materialized='components') }}

with identifiers as (select * from {{ ref('identity_record_identifiers') }}),

records as (select * from {{ ref('identity_records') }}),

suppressed as (select * from {{ ref('identity_blocked_values') }}),

limits as (select * from {{ ref('identifier_limits') }}),

strong_links as (
    select
        identifiers.record_key as node_a,
        'id:' || identifiers.identifier_type || ':' || identifiers.identifier_value as node_b
    from identifiers
    inner join limits
        on identifiers.identifier_type = limits.identifier_type and limits.is_strong
    left join suppressed
        on identifiers.identifier_type = suppressed.identifier_type
        and identifiers.identifier_value = suppressed.identifier_value
    where suppressed.identifier_value is null
)

select node_a, node_b from strong_links
union all
select record_key, record_key from records

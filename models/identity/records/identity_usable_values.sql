{{ config(materialized='view') }}

with
    record_values as (select * from {{ ref('identity_record_values') }}),

    limits as (select * from {{ ref('identifier_limits') }}),

    blocked_values as (select * from {{ ref('identity_blocked_values') }}),

    other_holders as (select * from {{ ref('identity_other_holders') }})

select
    record_values.record_id,
    record_values.identifier_type,
    record_values.identifier_value,
    record_values.value_id,
    limits.trust_rank,
    limits.is_strong,
    record_values.observed_at
from record_values
inner join limits on record_values.identifier_type = limits.identifier_type
left join blocked_values on record_values.value_id = blocked_values.value_id
left join
    other_holders
    on record_values.value_id = other_holders.value_id
    and record_values.record_id = other_holders.record_id
where blocked_values.value_id is null and other_holders.value_id is null

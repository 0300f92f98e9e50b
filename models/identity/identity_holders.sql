{{ config(materialized='whole') }}

with usable as (
    select * from {{ ref('identity_usable_identifiers') }}
    where not is_strong
),

common_values as (select * from {{ ref('identity_common_values') }}),

entities as (select * from {{ ref('identity_entities') }}),

held as (
    select
        entities.component as entity,
        usable.identifier_type,
        usable.identifier_value,
        usable.trust_rank,
        min(usable.observed_at) as first_seen_at
    from usable
    inner join common_values
        on usable.identifier_type = common_values.identifier_type
        and usable.identifier_value = common_values.identifier_value
    inner join entities on usable.record_key = entities.node
    group by
        entities.component,
        usable.identifier_type,
        usable.identifier_value,
        usable.trust_rank
),

-- What one entity alone holds joins nobody.
joining as (
    select
        identifier_type,
        identifier_value
    from held
    group by identifier_type, identifier_value
    having count(*) > 1
)

select held.*
from held
inner join joining
    on held.identifier_type = joining.identifier_type
    and held.identifier_value = joining.identifier_value

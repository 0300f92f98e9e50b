{{ config(materialized='components') }}

with holders as {{ inline_cte() }} (select * from {{ ref('identity_holders') }}),

-- What one entity alone holds leads to nobody.
shared as (
    select
        identifier_type,
        identifier_value,
        min(entity) as first_entity
    from holders
    group by identifier_type, identifier_value
    having min(entity) <> max(entity)
)

select
    shared.first_entity as node_a,
    holders.entity as node_b
from holders
inner join shared
    on holders.identifier_type = shared.identifier_type
    and holders.identifier_value = shared.identifier_value

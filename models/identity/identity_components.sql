{{ config(materialized='components') }}

with links as {{ inline_cte() }} (
    select * from {{ ref('identity_links') }}
    where rule is not null
),

groups as (
    select
        identifier_type,
        identifier_value,
        group_key,
        min(entity) as first_entity
    from links
    group by identifier_type, identifier_value, group_key
    having count(*) > 1
)

select
    groups.first_entity as node_a,
    links.entity as node_b
from links
inner join groups
    on links.identifier_type = groups.identifier_type
    and links.identifier_value = groups.identifier_value
    and links.group_key = groups.group_key
where links.entity <> groups.first_entity

{{ config(materialized='components') }}

with links as {{ inline_cte() }} (select * from {{ ref('identity_links') }}),

limits as (
    select * from {{ ref('identifier_limits') }}
    where not is_strong
),

-- What one entity alone holds joins nobody.
joining as (
    select
        links.identifier_type,
        links.identifier_value,
        links.group_key,
        min(links.entity) as first_entity
    from links
    inner join limits on links.identifier_type = limits.identifier_type
    group by links.identifier_type, links.identifier_value, links.group_key
    having min(links.entity) <> max(links.entity)
)

select
    joining.first_entity as node_a,
    links.entity as node_b
from links
inner join joining
    on links.identifier_type = joining.identifier_type
    and links.identifier_value = joining.identifier_value
    and links.group_key = joining.group_key
where links.entity <> joining.first_entity

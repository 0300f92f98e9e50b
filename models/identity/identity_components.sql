{{ config(materialized='components') }}

with edges as (select * from {{ ref('identity_edges') }}),

entities as (select * from {{ ref('identity_entities') }}),

limits as (select * from {{ ref('identifier_limits') }})

select
    edges.entity as node_a,
    'id:' || edges.identifier_type || ':' || edges.identifier_value || '#' || edges.group_key
        as node_b
from edges
inner join limits on edges.identifier_type = limits.identifier_type and not limits.is_strong
union all
select
    component,
    component
from entities

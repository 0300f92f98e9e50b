{{ config(materialized='components') }}

with
    links as (select * from {{ ref('identity_links') }} where rule is not null),

    first_entities as (
        select value_id, group_key, min(entity) as entity from links group by value_id, group_key
    )

select first_entities.entity as node_a, links.entity as node_b
from links
inner join
    first_entities
    on links.value_id = first_entities.value_id
    and links.group_key = first_entities.group_key
where links.entity <> first_entities.entity

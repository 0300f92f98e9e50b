with
    entities as (select * from {{ ref('identity_entities') }}),

    components as (select * from {{ ref('identity_link_components') }}),

    -- Named after its first record, as a component is; a settlement may be named after a value.
    settled as (
        select node as record_id, min(node) over (partition by cluster) as cluster
        from {{ ref('identity_settlements') }}
        where node > 0
    )

select
    entities.node as record_id,
    coalesce(settled.cluster, components.component, entities.component) as cluster
from entities
left join components on entities.component = components.node
left join settled on entities.node = settled.record_id

{{ config(materialized='agglomerate', linkage='best') }}

with links as {{ inline_cte() }} (select * from {{ ref('identity_links') }}),

entities as (select * from {{ ref('identity_entities') }}),

components as (select * from {{ ref('identity_components') }}),

contradictions as (select * from {{ ref('identity_contradictions') }}),

overrides as (select * from {{ ref('identity_overrides') }}),

places as (
    select
        entities.node as record_key,
        entities.component as entity,
        coalesce(components.component, entities.component) as component
    from entities
    left join components on entities.component = components.node
),

-- One record stands for an entity.
spokesmen as (
    select links.entity, min(links.record_key) as record_key
    from links
    group by links.entity
),

never as (
    select
        a.component,
        overrides.record_key_a as record_a,
        overrides.record_key_b as record_b
    from overrides
    inner join places as a on overrides.record_key_a = a.record_key
    inner join places as b
        on overrides.record_key_b = b.record_key and a.component = b.component
    where overrides.decision = 'different'

    union all

    select
        contradictions.component,
        a.record_key,
        b.record_key
    from contradictions
    inner join spokesmen as a on contradictions.entity_a = a.entity
    inner join spokesmen as b on contradictions.entity_b = b.entity
),

disputed as (
    select component
    from never
    group by component
)

-- The stronger the key the stronger the link; of two alike, what was seen first.
select
    links.record_key as node_a,
    {{ link_node('links') }} as node_b,
    (100 - links.trust_rank) * 10000000000
    - {{ seconds_between("cast('1970-01-01 00:00:00' as timestamp)", 'links.first_seen_at') }}
        as weight
from links
inner join places on links.record_key = places.record_key
inner join disputed on places.component = disputed.component

union all

select
    overrides.record_key_a,
    overrides.record_key_b,
    200 * 10000000000
    - {{ seconds_between("cast('1970-01-01 00:00:00' as timestamp)", 'overrides.decided_at') }}
from overrides
inner join places as a on overrides.record_key_a = a.record_key
inner join places as b on overrides.record_key_b = b.record_key
inner join disputed on a.component = disputed.component
where overrides.decision = 'same'

union all

select
    never.record_a,
    never.record_b,
    null
from never

union all

select
    places.record_key,
    places.record_key,
    null
from places
inner join disputed on places.component = disputed.component

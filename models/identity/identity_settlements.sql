{{ config(materialized='agglomerate', linkage='best') }}

with links as (select * from {{ ref('identity_record_links') }}),

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

    -- An entity is named after its first record, which stands for it.
    select
        component,
        entity_a,
        entity_b
    from contradictions
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
    - {{ seconds_between("cast('1970-01-01 00:00:00' as timestamp)", 'links.observed_at') }}
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

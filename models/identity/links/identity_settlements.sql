{{ config(materialized='settle') }}

with
    records as (select * from {{ ref('identity_records') }}),

    links as (select * from {{ ref('identity_record_links') }} where value_node is not null),

    entities as (select * from {{ ref('identity_entities') }}),

    components as (select * from {{ ref('identity_link_components') }}),

    contradictions as (select * from {{ ref('identity_contradictions') }}),

    overrides as (
        select
            a.record_id as record_a,
            b.record_id as record_b,
            overrides.record_key_a,
            overrides.record_key_b,
            overrides.decision,
            overrides.decided_at
        from {{ ref('identity_overrides') }} as overrides
        inner join records as a on overrides.record_key_a = a.record_key
        inner join records as b on overrides.record_key_b = b.record_key
    ),

    places as (
        select
            entities.node as record_id,
            coalesce(components.component, entities.component) as component
        from entities
        left join components on entities.component = components.node
    ),

    -- An entity is named after its first record, which stands for it.
    never as (
        select a.component, overrides.record_a, overrides.record_b
        from overrides
        inner join places as a on overrides.record_a = a.record_id
        inner join places as b on overrides.record_b = b.record_id and a.component = b.component
        where overrides.decision = 'different'
        union all
        select component, entity_a as record_a, entity_b as record_b
        from contradictions
    ),

    disputed as (
        select places.record_id, records.record_key
        from places
        inner join records on places.record_id = records.record_id
        where places.component in (select never.component from never)
    )

-- The stronger the key the stronger the link; of two alike, what was seen first.
select
    links.record_id as node_a,
    links.value_node as node_b,
    (100 - links.trust_rank) * 10000000000
    - {{ seconds_between("cast('1970-01-01 00:00:00' as timestamp)", 'links.observed_at') }}
    as weight,
    {{ link_tie(
        'disputed.record_key',
        "'id:' || links.identifier_type || ':' || links.identifier_value || '#' || links.group_key"
    ) }} as tie
from links
inner join disputed on links.record_id = disputed.record_id
union all
select
    overrides.record_a as node_a,
    overrides.record_b as node_b,
    200 * 10000000000
    - {{ seconds_between("cast('1970-01-01 00:00:00' as timestamp)", 'overrides.decided_at') }}
    as weight,
    {{ link_tie('overrides.record_key_a', 'overrides.record_key_b') }} as tie
from overrides
inner join disputed as a on overrides.record_a = a.record_id
inner join disputed as b on overrides.record_b = b.record_id
where overrides.decision = 'same'
union all
select record_a as node_a, record_b as node_b, null as weight, null as tie
from never
union all
select record_id as node_a, record_id as node_b, null as weight, null as tie
from disputed

{{ config(materialized='table') }}

with links as (select * from {{ ref('identity_links') }}),

settlements as (select * from {{ ref('identity_settlements') }}),

overrides as (select * from {{ ref('identity_overrides') }}),

pairs as (select * from {{ ref('identity_pairs') }}),

records as (select * from {{ ref('identity_records') }}),

clusters as (select * from {{ ref('identity_clusters') }}),

link_nodes as (
    select
        links.record_key,
        links.identifier_type,
        links.identifier_value,
        links.group_key,
        links.rule,
        links.source,
        links.first_seen_at,
        {{ link_node('links') }} as value_node
    from links
),

-- A link whose two ends were settled apart was cut: see identity_conflicts.
used_links as (
    select link_nodes.*
    from link_nodes
    left join settlements as one on link_nodes.record_key = one.node
    left join settlements as other on link_nodes.value_node = other.node
    where one.cluster is null or one.cluster = other.cluster
),

record_pairs as (
    select
        record_key_a,
        record_key_b,
        'override:same' as rule,
        cast(null as double) as score,
        decided_by as source,
        decided_at as first_seen_at
    from overrides
    where decision = 'same'

    union all

    select
        pairs.record_key_a,
        pairs.record_key_b,
        'fuzzy:' || pairs.blocking_rule,
        pairs.weight,
        a.source_table,
        greatest(a.observed_at, b.observed_at)
    from pairs
    inner join records as a on pairs.record_key_a = a.record_key
    inner join records as b on pairs.record_key_b = b.record_key
    where pairs.weight >= {{ var('match_thresholds').link }}
)

select
    record_key,
    cast(null as {{ dbt.type_string() }}) as other_record_key,
    identifier_type,
    identifier_value,
    group_key,
    rule,
    cast(null as double) as score,
    source,
    first_seen_at
from used_links
union all
select
    record_pairs.record_key_a,
    record_pairs.record_key_b,
    null,
    null,
    null,
    record_pairs.rule,
    record_pairs.score,
    record_pairs.source,
    record_pairs.first_seen_at
from record_pairs
inner join clusters as a on record_pairs.record_key_a = a.record_key
inner join clusters as b
    on record_pairs.record_key_b = b.record_key and a.component = b.component

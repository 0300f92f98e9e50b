{{ config(
    materialized='agglomerate',
    linkage='mean_and_best',
    threshold=var('match_thresholds').link * 100,
    absent_weight=var('match_thresholds').keep * 100,
) }}

-- depends_on: {{ ref('identity_fuzzy_before') }}
with pairs as (select * from {{ ref('identity_pairs') }}),

profiles as {{ inline_cte() }} (select * from {{ ref('identity_profiles') }}),

clusters as {{ inline_cte() }} (select * from {{ ref('identity_linked_clusters') }}),

overrides as (select * from {{ ref('identity_overrides') }}),

compared as (
    select
        a.cluster as node_a,
        b.cluster as node_b,
        cast(round(pairs.weight * 100) as bigint) as weight
    from pairs
    inner join profiles as a on pairs.record_key_a = a.record_key
    inner join profiles as b on pairs.record_key_b = b.record_key
),

joinable as (
    select node_a as cluster from compared
    union
    select node_b from compared
)

-- A cluster without a pair that could join it stays alone, whatever the rest is.
select
    node_a,
    node_b,
    weight
from compared
union all
select
    profiles.cluster,
    profiles.cluster,
    null
from profiles
inner join joinable on profiles.cluster = joinable.cluster
union all
select
    a.cluster,
    b.cluster,
    null
from overrides
inner join clusters as a on overrides.record_key_a = a.record_key
inner join clusters as b on overrides.record_key_b = b.record_key
where overrides.decision = 'different' and a.cluster <> b.cluster

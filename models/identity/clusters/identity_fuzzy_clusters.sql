{{ config(
    materialized='agglomerate',
    threshold=var('match_thresholds').link * 100,
    absent_weight=var('match_thresholds').keep * 100,
) }}

with
    pairs as (select * from {{ ref('identity_pairs') }}),

    records as (select * from {{ ref('identity_records') }}),

    profiles as (select * from {{ ref('identity_profiles') }}),

    clusters as (select * from {{ ref('identity_linked_clusters') }}),

    overrides as (select * from {{ ref('identity_overrides') }}),

    compared as (
        select
            a.cluster as node_a,
            b.cluster as node_b,
            cast(round(pairs.weight * 100) as bigint) as weight,
            {{ link_tie('names_a.record_key', 'names_b.record_key') }} as tie
        from pairs
        inner join profiles as a on pairs.profile_a = a.profile_id
        inner join profiles as b on pairs.profile_b = b.profile_id
        inner join records as names_a on a.cluster = names_a.record_id
        inner join records as names_b on b.cluster = names_b.record_id
    ),

    -- A cluster without a pair that could join it stays alone, whatever the rest is.
    joinable as (
        select node_a as cluster
        from compared
        union
        select node_b as cluster
        from compared
    )

select node_a, node_b, weight, tie
from compared
union all
select profiles.cluster as node_a, profiles.cluster as node_b, null as weight, null as tie
from profiles
inner join joinable on profiles.cluster = joinable.cluster
union all
select a.cluster as node_a, b.cluster as node_b, null as weight, null as tie
from overrides
inner join records as record_a on overrides.record_key_a = record_a.record_key
inner join records as record_b on overrides.record_key_b = record_b.record_key
inner join clusters as a on record_a.record_id = a.record_id
inner join clusters as b on record_b.record_id = b.record_id
where overrides.decision = 'different' and a.cluster <> b.cluster

{%- set link = var('match_thresholds').link %}

with
    refusals as (select * from {{ ref('identity_refusals') }}),

    overrides as (select * from {{ ref('identity_overrides') }}),

    pairs as (
        select *
        from {{ ref('identity_pairs') }}
        where weight - contradiction_weight - name_alone_weight >= {{ link }}
    ),

    clusters as (select * from {{ ref('identity_clusters') }}),

    decided as (
        select overrides.*, one.cluster as cluster_a, other.cluster as cluster_b
        from overrides
        left join clusters as one on overrides.record_key_a = one.record_key
        left join clusters as other on overrides.record_key_b = other.record_key
    ),

    never_links as (
        select least(cluster_a, cluster_b) as cluster_a, greatest(cluster_a, cluster_b) as cluster_b
        from decided
        where decision = 'different'
        group by least(cluster_a, cluster_b), greatest(cluster_a, cluster_b)
    ),

    refused_pairs as (
        select
            pairs.record_key_a,
            pairs.record_key_b,
            pairs.blocking_rule,
            pairs.weight,
            case
                when never_links.cluster_a is not null
                then 'never_link_override'
                when pairs.contradiction_weight < 0
                then 'strong_disagreement'
                when pairs.name_alone_weight < 0
                then 'only_names_agree'
                else 'rest_of_cluster_disagrees'
            end as reason,
            greatest(one.first_seen_at, other.first_seen_at) as first_seen_at
        from pairs
        inner join clusters as one on pairs.profile_a = one.record_id
        inner join
            clusters as other on pairs.profile_b = other.record_id and one.cluster <> other.cluster
        left join
            never_links
            on least(one.cluster, other.cluster) = never_links.cluster_a
            and greatest(one.cluster, other.cluster) = never_links.cluster_b
    )

select
    record_key,
    other_record_key,
    identifier_type,
    identifier_value,
    rule,
    reason,
    cast(null as double) as score,
    first_seen_at
from refusals
union all
select
    record_key_a as record_key,
    record_key_b as other_record_key,
    null as identifier_type,
    null as identifier_value,
    'fuzzy:' || blocking_rule as rule,
    reason,
    weight as score,
    first_seen_at
from refused_pairs
union all
select
    record_key_a as record_key,
    record_key_b as other_record_key,
    null as identifier_type,
    null as identifier_value,
    'override:' || decision as rule,
    case
        when cluster_a is null or cluster_b is null
        then 'unknown_record'
        when decision = 'different'
        then 'never_link_override'
        else 'outweighed_by_never_link'
    end as reason,
    null as score,
    decided_at as first_seen_at
from decided
where cluster_a <> cluster_b or cluster_a is null or cluster_b is null

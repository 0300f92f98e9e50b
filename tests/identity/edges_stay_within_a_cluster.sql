-- Records that an edge joins, directly or through one group of a value, are one customer.
with
    edges as (select * from {{ ref('identity_edges') }}),

    clusters as (select * from {{ ref('identity_clusters') }}),

    apart_pairs as (
        select edges.record_key, edges.other_record_key, edges.rule
        from edges
        inner join clusters as one on edges.record_key = one.record_key
        inner join clusters as other on edges.other_record_key = other.record_key
        where one.cluster <> other.cluster
    ),

    apart_holders as (
        select
            min(edges.record_key) as record_key,
            max(edges.record_key) as other_record_key,
            min(edges.rule) as rule
        from edges
        inner join clusters on edges.record_key = clusters.record_key
        where edges.identifier_type is not null
        group by edges.identifier_type, edges.identifier_value, edges.group_key
        having count(distinct clusters.cluster) > 1
    )

select record_key, other_record_key, rule
from apart_pairs
union all
select record_key, other_record_key, rule
from apart_holders

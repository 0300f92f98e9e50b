-- Every record is in one linked cluster and in one cluster, and no linked cluster is torn apart.
with records as (select * from {{ ref('identity_records') }}),

linked as (select * from {{ ref('identity_linked_clusters') }}),

clusters as (select * from {{ ref('identity_clusters') }}),

torn as (
    select linked.cluster
    from linked
    inner join clusters on linked.record_key = clusters.record_key
    group by linked.cluster
    having count(distinct clusters.component) > 1
),

counted as (
    select
        records.record_key,
        count(distinct linked.cluster) as linked_clusters_count,
        count(distinct clusters.component) as clusters_count
    from records
    left join linked on records.record_key = linked.record_key
    left join clusters on records.record_key = clusters.record_key
    group by records.record_key
)

select
    record_key,
    linked_clusters_count,
    clusters_count
from counted
where linked_clusters_count <> 1 or clusters_count <> 1

union all

select
    cluster,
    1,
    2
from torn

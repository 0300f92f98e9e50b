-- Every record is in one linked cluster and in one cluster, and no linked cluster is torn apart.
with
    records as (select * from {{ ref('identity_records') }}),

    linked as (select * from {{ ref('identity_linked_clusters') }}),

    clusters as (select * from {{ ref('identity_clusters') }}),

    torn as (
        select linked.cluster
        from linked
        inner join clusters on linked.record_id = clusters.record_id
        group by linked.cluster
        having count(distinct clusters.cluster) > 1
    ),

    counted as (
        select
            records.record_key,
            count(distinct linked.cluster) as linked_clusters_count,
            count(distinct clusters.cluster) as clusters_count
        from records
        left join linked on records.record_id = linked.record_id
        left join clusters on records.record_id = clusters.record_id
        group by records.record_key
    )

select record_key, linked_clusters_count, clusters_count
from counted
where linked_clusters_count <> 1 or clusters_count <> 1

union all

select records.record_key, 1 as linked_clusters_count, 2 as clusters_count
from torn
inner join records on torn.cluster = records.record_id

{{ config(materialized='table') }}

with records as (select * from {{ ref('identity_records') }}),

linked as (select * from {{ ref('identity_linked_clusters') }}),

fuzzy as (select * from {{ ref('identity_fuzzy_clusters') }}),

clustered as (
    select
        linked.record_key,
        coalesce(fuzzy.cluster, linked.cluster) as cluster
    from linked
    left join fuzzy on linked.cluster = fuzzy.node
),

smallest as (
    select cluster, min(record_key) as component
    from clustered
    group by cluster
)

select
    records.record_key,
    records.source_table,
    records.source_key,
    smallest.component,
    records.observed_at as first_seen_at
from records
inner join clustered on records.record_key = clustered.record_key
inner join smallest on clustered.cluster = smallest.cluster

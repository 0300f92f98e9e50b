with
    records as (select * from {{ ref('identity_records') }}),

    linked as (select * from {{ ref('identity_linked_clusters') }}),

    fuzzy as (select * from {{ ref('identity_fuzzy_clusters') }})

select
    records.record_id,
    records.record_key,
    records.source_table,
    records.source_key,
    coalesce(fuzzy.cluster, linked.cluster) as cluster,
    linked.cluster as key_group,
    records.observed_at as first_seen_at
from records
inner join linked on records.record_id = linked.record_id
left join fuzzy on linked.cluster = fuzzy.node

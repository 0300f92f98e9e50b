with
    records as (select * from {{ ref('identity_records') }}),

    entities as (select * from {{ ref('identity_entities') }}),

    linked as (select * from {{ ref('identity_linked_clusters') }}),

    fuzzy as (select * from {{ ref('identity_fuzzy_clusters') }})

select
    records.record_id,
    records.record_key,
    records.source_table,
    records.source_key,
    coalesce(fuzzy.cluster, linked.cluster) as cluster,
    -- What shares an address, a phone or a basket may be one person, and need not be.
    min(records.record_id) over (partition by entities.component, linked.cluster) as key_group,
    records.observed_at as first_seen_at
from records
inner join entities on records.record_id = entities.node
inner join linked on records.record_id = linked.record_id
left join fuzzy on linked.cluster = fuzzy.node

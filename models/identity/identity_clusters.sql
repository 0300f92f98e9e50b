{{ config(materialized='scoped', replaces=[['record_key', 'identity_regrouped']]) }}

-- depends_on: {{ ref('identity_regrouped') }}
with records as (
    select * from {{ ref('identity_records') }}
    where {{ is_regrouped('record_key') }}
),

linked as (select * from {{ ref('identity_linked_clusters') }}),

fuzzy as (select * from {{ ref('identity_fuzzy_clusters') }})

select
    records.record_key,
    records.source_table,
    records.source_key,
    coalesce(fuzzy.cluster, linked.cluster) as component,
    records.observed_at as first_seen_at
from records
inner join linked on records.record_key = linked.record_key
left join fuzzy on linked.cluster = fuzzy.node

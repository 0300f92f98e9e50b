{{ config(materialized='scoped', replaces=[['record_key', 'identity_regrouped']]) }}

-- depends_on: {{ ref('identity_regrouped') }}
with linked as (
    select * from {{ ref('identity_linked_clusters') }}
    where {{ is_regrouped('record_key') }}
),

fuzzy as (select * from {{ ref('identity_fuzzy_clusters') }})

select
    linked.record_key,
    linked.source_table,
    linked.source_key,
    coalesce(fuzzy.cluster, linked.cluster) as component,
    linked.observed_at as first_seen_at
from linked
left join fuzzy on linked.cluster = fuzzy.node

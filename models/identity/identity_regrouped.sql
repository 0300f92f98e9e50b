{{ config(materialized='whole') }}

with touched as (select * from {{ ref('identity_touched') }}),

linked as (select * from {{ ref('identity_linked_clusters') }}),

fuzzy as (select * from {{ ref('identity_fuzzy_clusters') }}),

fuzzy_before as (select * from {{ ref('identity_fuzzy_before') }}),

-- A cluster that no pair could join to another stands for itself.
moved as (
    select coalesce(fuzzy.node, fuzzy_before.node) as cluster
    from fuzzy
    full outer join fuzzy_before on fuzzy.node = fuzzy_before.node
    where
        coalesce(fuzzy.cluster, fuzzy_before.node) <> coalesce(fuzzy_before.cluster, fuzzy.node)
        and not {{ run_is_full() | lower }}
)

select record_key
from touched
where not {{ run_is_full() | lower }}
union
select linked.record_key
from linked
inner join moved on linked.cluster = moved.cluster

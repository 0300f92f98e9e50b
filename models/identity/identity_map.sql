{{ config(materialized='scoped', replaces=[['record_key', 'identity_reassigned']]) }}

with clusters as (select * from {{ ref('identity_clusters') }}),

reassigned as (select * from {{ ref('identity_reassigned') }}),

ledger as (select * from {{ ref('ledger_customer_id_assignments') }}),

assigned as (
    select
        ledger.record_key,
        {{ last_by('ledger.customer_id', 'ledger.sequence') }} as customer_id
    from ledger
    inner join reassigned on ledger.record_key = reassigned.record_key
    group by ledger.record_key
)

select
    clusters.record_key,
    clusters.source_table,
    clusters.source_key,
    assigned.customer_id,
    clusters.component,
    clusters.first_seen_at
from clusters
inner join assigned on clusters.record_key = assigned.record_key

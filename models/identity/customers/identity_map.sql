with
    clusters as (select * from {{ ref('identity_clusters') }}),

    ledger as (select * from {{ ref('ledger_customer_id_assignments') }}),

    assigned as (
        select record_key, {{ last_by('customer_id', 'sequence') }} as customer_id
        from ledger
        group by record_key
    )

select
    clusters.record_id,
    clusters.record_key,
    clusters.source_table,
    clusters.source_key,
    assigned.customer_id,
    clusters.cluster,
    clusters.key_group,
    clusters.first_seen_at
from clusters
inner join assigned on clusters.record_key = assigned.record_key

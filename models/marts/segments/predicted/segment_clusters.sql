{% set thresholds = segment_thresholds() %}

with
    clusters as (select * from {{ ref('customer_clusters') }}),

    customers as (select * from {{ ref('customers') }})

select
    'cluster_' || cast(clusters.cluster as {{ dbt.type_string() }}) as segment,
    customers.customer_id,
    clusters.label,
    customers.last_order_at as qualified_at,
    {{ sentence("nearest to cluster {cluster}: {label}") }} as reason
from clusters
inner join customers on clusters.customer_id = customers.customer_id

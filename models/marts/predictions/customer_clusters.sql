select customer_id, cluster, label from {{ ref('cluster_assignments') }}

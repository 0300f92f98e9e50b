{{ config(
    alias='clusters_seen',
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    enabled=target.type == 'duckdb',
) }}

{%- set columns = clusters_seen_columns() %}

with
    ledger as ({{ ledger_rows('clusters_seen', columns) }}),

    centroids as (select * from {{ ref('cluster_centroids') }}),

    seen_now as (select count(*) as rows_count from ledger where seen_at = {{ as_of() }})

-- What a clock saw first stays: a second run of it starts from the same clusters before it.
select
    {{ as_of() }} as seen_at, centroids.cluster, centroids.label, centroids.feature, centroids.value
from centroids
cross join seen_now
where seen_now.rows_count = 0
union all
select {{ columns | join(', ') }}
from ledger
where {{ 'false' if is_incremental() else 'true' }}

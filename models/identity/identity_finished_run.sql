{{ config(materialized='table') }}

-- depends_on: {{ ref('identity_known_records') }}
select
    run_id,
    rules
from {{ ref('identity_run') }}

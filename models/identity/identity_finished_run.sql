{{ config(materialized='whole') }}

-- depends_on: {{ ref('device_owners') }}
-- depends_on: {{ ref('identity_conflicts') }}
-- depends_on: {{ ref('identity_customers') }}
-- depends_on: {{ ref('identity_edges') }}
-- depends_on: {{ ref('identity_identifiers') }}
-- depends_on: {{ ref('identity_known_records') }}
-- depends_on: {{ ref('identity_known_sources') }}
-- depends_on: {{ ref('identity_map') }}
-- depends_on: {{ ref('identity_review') }}
-- depends_on: {{ ref('identity_visitor_records') }}
-- depends_on: {{ ref('suppressed_identifiers') }}
select
    run_id,
    rules
from {{ ref('identity_run') }}

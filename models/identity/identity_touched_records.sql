{{ config(materialized='touched') }}

-- depends_on: {{ ref('identity_touched') }}
select * from {{ ref('identity_records') }}

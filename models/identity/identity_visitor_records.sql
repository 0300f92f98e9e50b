{{ config(
    materialized='scoped',
    replaces=[['visitor_key', 'identity_source_changes', 'owner']],
) }}

-- depends_on: {{ ref('identity_reread_records') }}
with mentions as (select * from {{ ref('identity_mentions') }})

select
    visitor_key,
    record_key
from mentions
where {{ is_changed_source('visitor_key') }}
group by visitor_key, record_key

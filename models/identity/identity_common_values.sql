{{ config(
    materialized='scoped',
    replaces=[['identifier_type, identifier_value', 'identity_recounted_values']],
) }}

with identifiers as (select * from {{ ref('identity_recounted_identifiers') }})

select
    identifier_type,
    identifier_value
from identifiers
group by identifier_type, identifier_value
having count(*) > 1

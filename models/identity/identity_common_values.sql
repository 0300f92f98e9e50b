{{ config(
    materialized='scoped',
    replaces=[['identifier_type, identifier_value', 'identity_recounted_values']],
) }}

-- depends_on: {{ ref('identity_recounted_values') }}
select
    identifiers.identifier_type,
    identifiers.identifier_value
from {{ ref('identity_record_identifiers') }} as identifiers
{%- if not run_is_full() %}
    inner join {{ ref('identity_recounted_values') }} as recounted
        on identifiers.identifier_type = recounted.identifier_type
        and identifiers.identifier_value = recounted.identifier_value
{%- endif %}
group by identifiers.identifier_type, identifiers.identifier_value
having count(*) > 1

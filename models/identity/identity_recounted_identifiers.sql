{{ config(materialized='view_or_table') }}

-- depends_on: {{ ref('identity_recounted_values') }}
select everything.*
from {{ ref('identity_record_identifiers') }} as everything
{%- if not run_is_full() %}
    inner join {{ ref('identity_recounted_values') }} as recounted
        on everything.identifier_type = recounted.identifier_type
        and everything.identifier_value = recounted.identifier_value
{%- endif %}

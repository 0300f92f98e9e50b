{{ config(materialized='view_or_table') }}

-- depends_on: {{ ref('identity_touched') }}
select everything.*
from {{ ref('identity_record_identifiers') }} as everything
{%- if not run_is_full() %}
    inner join {{ ref('identity_touched') }} as touched
        on everything.record_key = touched.record_key
{%- endif %}

{{ config(
    materialized='scoped',
    replaces=[['fingerprint', 'identity_source_changes']],
) }}

-- depends_on: {{ ref('identity_source_rows') }}
-- depends_on: {{ ref('identity_source_changes') }}
{% if run_is_full() %}
    select
        owner,
        fingerprint
    from {{ ref('identity_source_rows') }}
{% else %}
    select
        owner,
        fingerprint
    from {{ ref('identity_source_changes') }}
    where not is_gone
{% endif %}

{{ config(
    alias='email_messages',
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
) }}

{%- set columns = {
    'message_id': dbt.type_string(),
    'customer_id': dbt.type_string(),
    'email': dbt.type_string(),
    'campaign': dbt.type_string(),
    'occasion': dbt.type_string(),
    'variant': dbt.type_string(),
    'template': dbt.type_string(),
    'sent_at': 'timestamp',
    'outbox_file': dbt.type_string(),
    'subject': dbt.type_string(),
} %}

{% if is_incremental() %}
-- Only the renderer writes here: a build leaves the ledger as it is.
select {{ columns | join(', ') }}
from {{ this }}
where 1 = 0
{% else %}
{{ restore_ledger('email_messages', columns) }}
{% endif %}

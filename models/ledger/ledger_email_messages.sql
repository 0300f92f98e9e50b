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

with ledger as ({{ ledger_rows('email_messages', columns) }})

-- Only the renderer writes here: a build restores a new warehouse's ledger, and adds nothing later.
select {{ columns | join(', ') }}
from ledger
where {{ 'false' if is_incremental() else 'true' }}

select
    enrichment_id,
    email,
    email_key,
    attribute,
    attribute_value,
    provider,
    observed_at,
    received_at,
    quality_flags
from {{ ref('checked_crm__enrichment') }}
where fate = 'staged'

select
    consent_id,
    email,
    email_key,
    purpose,
    status,
    occurred_at,
    consent_source,
    wording_version,
    wording_sha256,
    received_at,
    quality_flags
from {{ ref('checked_crm__consents') }}
where fate = 'staged'

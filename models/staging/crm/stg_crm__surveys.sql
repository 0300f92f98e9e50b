select response_id, email, email_key, question, answer, submitted_at, received_at
from {{ ref('checked_crm__surveys') }}
where fate = 'staged'

select source_table, source_key, email, purpose, status, said, occurred_at, review_reason
from {{ ref('consent_statements') }}
where review_reason is not null
group by source_table, source_key, email, purpose, status, said, occurred_at, review_reason

{% set thresholds = segment_thresholds(letters=5) %}

select
    customer_id,
    last_delivered_at as qualified_at,
    {{ sentence("opened and clicked none of {emails_delivered_90d} letters in 90 days") }} as reason
from {{ ref('customer_email_features') }}
where
    emails_delivered_90d >= {{ thresholds.letters }}
    and emails_opened_90d = 0
    and emails_clicked_90d = 0

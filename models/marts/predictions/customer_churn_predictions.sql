select customer_id, method, churn_probability, reason_1, reason_2, reason_3
from {{ ref('customer_churn_scores') }}

select customer_id, method, response_probability, reason_1, reason_2, reason_3
from {{ ref('customer_response_scores') }}

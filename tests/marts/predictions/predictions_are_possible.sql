-- Probabilities are between 0 and 1; a year brings as much as a quarter of one, and nothing below
-- 0.
select customer_id
from {{ ref('customer_value_predictions') }}
where
    p_alive not between 0
    and 1
    or expected_orders_90d < 0
    or expected_orders_365d < expected_orders_90d
    or expected_value_90d < 0
    or expected_value_365d < expected_value_90d
    or (orders_method = 'bg_nbd') <> (p_alive is not null)

union all

select customer_id
from {{ ref('customer_churn_predictions') }}
where churn_probability not between 0 and 1 or (method = 'unknown') <> (churn_probability is null)

union all

select customer_id
from {{ ref('customer_response_predictions') }}
where
    response_probability not between 0
    and 1
    or (method = 'unknown') <> (response_probability is null)

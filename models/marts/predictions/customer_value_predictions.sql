select
    customer_id,
    orders_method,
    value_method,
    p_alive,
    expected_orders_90d,
    expected_orders_365d,
    cast(expected_order_value as decimal(18, 2)) as expected_order_value,
    cast(expected_value_90d as decimal(18, 2)) as expected_value_90d,
    cast(expected_value_365d as decimal(18, 2)) as expected_value_365d
from {{ ref('customer_value_scores') }}

{% set thresholds = segment_thresholds(probability=0.8) %}

with
    predictions as (select * from {{ ref('customer_churn_predictions') }}),

    customers as (select * from {{ ref('customers') }})

select
    customers.customer_id,
    customers.last_order_at as qualified_at,
    {{ percent("predictions.churn_probability") }}
    || ' likely not to order within 90 days'
    || {{ raising_reason("predictions") }} as reason
from predictions
inner join customers on predictions.customer_id = customers.customer_id
where predictions.churn_probability >= {{ thresholds.probability }}

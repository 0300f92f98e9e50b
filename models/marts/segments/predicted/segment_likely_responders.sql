{% set thresholds = segment_thresholds(top_percent=10) %}

with
    predictions as (
        select * from {{ ref('customer_response_predictions') }} where method <> 'unknown'
    ),

    customers as (select * from {{ ref('customers') }} where can_email),

    ranked as (
        select
            customers.customer_id,
            greatest(
                coalesce(customers.last_click_at, {{ long_ago() }}),
                coalesce(customers.last_open_at, {{ long_ago() }}),
                customers.first_seen_at
            ) as responded_at,
            predictions.response_probability,
            predictions.reason_1,
            predictions.reason_2,
            predictions.reason_3,
            -- Of equals all are in, or none.
            rank() over (order by predictions.response_probability desc) as likeliest,
            count(*) over (partition by predictions.response_probability) as equals_count,
            count(*) over () as customers_count
        from customers
        inner join predictions on customers.customer_id = predictions.customer_id
    )

select
    customer_id,
    responded_at as qualified_at,
    {{ percent("response_probability") }}
    || ' likely to click within 5 days'
    || {{ raising_reason("ranked") }} as reason
from ranked
where 100 * (likeliest + equals_count - 1) <= {{ thresholds.top_percent }} * customers_count

{% set thresholds = {'idle_days': 90} %}
{{ config(meta={'thresholds': thresholds}) }}

with customer_last_activity as (
    select * from {{ ref('customer_last_activity') }}
)

select
    customer_id,
    {{ add_days('activity_at', thresholds.idle_days) }} as qualified_at,
    'last ' || activity || ' ' || {{ span_text(seconds_between('activity_at', as_of())) }}
    || ' ago' as reason
from customer_last_activity
where activity_at <= {{ add_days(as_of(), -thresholds.idle_days) }}

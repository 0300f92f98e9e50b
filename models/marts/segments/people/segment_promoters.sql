{% set thresholds = segment_thresholds(score=9, days=730) %}

with customer_satisfaction as (select * from {{ ref('customer_satisfaction') }})

select
    customer_id,
    answered_at as qualified_at,
    {{ sentence("would recommend us: {score} of 10") }} as reason
from customer_satisfaction
where score >= {{ thresholds.score }} and {{ within_last('answered_at', days=thresholds.days) }}

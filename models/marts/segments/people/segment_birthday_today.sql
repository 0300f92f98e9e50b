{% set thresholds = segment_thresholds(days=1) %}

with customer_birthdays as (select * from {{ ref('customer_birthdays') }})

select
    customer_id,
    started_at as qualified_at,
    {{ sentence("birthday on {birthday_on}, turning {age_reached}") }} as reason
from customer_birthdays
where {{ days_between_dates('birthday_on', 'local_today') }} < {{ thresholds.days }}

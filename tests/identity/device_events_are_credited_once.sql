select message_id, count(*) as credits_count
from {{ ref('customer_web_events') }}
group by message_id
having count(*) > 1

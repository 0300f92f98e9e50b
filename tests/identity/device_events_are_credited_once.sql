select
    message_id,
    count(*) as credits_count
from {{ ref('attributed_web_events') }}
group by message_id
having count(*) > 1

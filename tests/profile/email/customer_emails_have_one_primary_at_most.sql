select customer_id, count(*) as primary_count
from {{ ref('customer_emails') }}
where is_primary
group by customer_id
having count(*) > 1

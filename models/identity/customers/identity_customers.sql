with map as (select * from {{ ref('identity_map') }})

select customer_id, min(first_seen_at) as first_seen_at, count(*) as records_count
from map
group by customer_id

-- The score is out of 100, and each rule can be worked out.
select 'points' as what
from {{ ref('engagement_weights') }}
having sum(points) <> 100

union all

select activity as what
from {{ ref('engagement_weights') }}
where enough <= 0 or half_life_days <= 0

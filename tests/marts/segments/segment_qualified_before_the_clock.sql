-- Nobody is in a segment before the time has come.
select segment, customer_id, qualified_at
from {{ ref('segment_memberships') }}
where qualified_at > {{ as_of() }}

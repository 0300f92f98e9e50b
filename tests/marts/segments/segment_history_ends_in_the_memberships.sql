-- Who is in a segment now has an open spell, and nobody else has, at whatever clock it is run.
select coalesce(memberships.segment, history.segment) as segment
from (select segment, customer_id from {{ ref('segment_memberships') }}) as memberships
full outer join
    (
        select segment, customer_id
        from {{ ref('segment_membership_history') }}
        where left_at is null
    ) as history
    on memberships.segment = history.segment
    and memberships.customer_id = history.customer_id
where memberships.customer_id is null or history.customer_id is null

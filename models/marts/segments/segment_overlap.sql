with
    segments as (select name, size from {{ ref('segment_catalog') }}),

    memberships as (select segment, customer_id from {{ ref('segment_memberships') }}),

    shared as (
        select memberships.segment, others.segment as other_segment, count(*) as members_count
        from memberships
        inner join memberships as others on memberships.customer_id = others.customer_id
        group by memberships.segment, others.segment
    )

select
    segments.name as segment,
    others.name as other_segment,
    coalesce(shared.members_count, 0) as both_count,
    segments.size - coalesce(shared.members_count, 0) as segment_only_count,
    cast(coalesce(shared.members_count, 0) as double) / nullif(segments.size, 0) as share_of_segment
from segments
inner join segments as others on segments.name <> others.name
left join shared on segments.name = shared.segment and others.name = shared.other_segment

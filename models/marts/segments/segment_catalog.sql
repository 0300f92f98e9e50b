with
    segment_memberships as (select * from {{ ref('segment_memberships') }}),

    sizes as (select segment, count(*) as size from segment_memberships group by segment),

    catalog as ({{ segment_catalog_rows() }})

select
    catalog.name,
    catalog.description,
    catalog.owner,
    catalog.criterion,
    catalog.thresholds,
    catalog.looks_at,
    catalog.time_frame,
    catalog.refresh,
    coalesce(sizes.size, 0) as size
from catalog
left join sizes on catalog.name = sizes.segment

{{ config(enabled=(var('raw_data') == 'sample' and not var('as_of'))) }}
-- The sample has somebody for each segment.
select name
from {{ ref('segment_catalog') }}
where size = 0

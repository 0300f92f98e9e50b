-- A campaign's trigger is a model trigger_<name> of the var `triggers`, or a segment.
select campaigns.campaign, campaigns.trigger
from {{ ref('campaigns') }} as campaigns
left join {{ ref('segment_catalog') }} as segments on campaigns.trigger = segments.name
where segments.name is null and campaigns.trigger not in ('{{ var("triggers") | join("', '") }}')

{{ config(enabled=(var('raw_data') == 'sample' and not var('as_of'))) }}
-- The sample has an occasion for each campaign that its letter is not too late for.
with
    campaigns as (select * from {{ ref('campaigns') }}),

    occasions as (select * from {{ ref('trigger_occasions') }} where not is_over)

select campaigns.campaign, campaigns.trigger
from campaigns
left join
    occasions
    on campaigns.trigger = occasions.trigger
    and occasions.qualified_at <= {{ as_of() }}
    and {{ add_seconds('occasions.qualified_at', '3600 * campaigns.expires_after_hours') }}
    > {{ as_of() }}
group by campaigns.campaign, campaigns.trigger
having count(occasions.occasion) = 0

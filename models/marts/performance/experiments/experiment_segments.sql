with
    units as (select * from {{ ref('experiment_units') }}),

    history as (select * from {{ ref('segment_membership_history') }})

select units.experiment, units.customer_id, history.segment
from units
inner join
    history
    on units.customer_id = history.customer_id
    and units.started_at >= history.entered_at
    and units.started_at < coalesce(history.left_at, {{ add_days(as_of(), 1) }})
group by units.experiment, units.customer_id, history.segment

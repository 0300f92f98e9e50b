{{ config(group='staging') }}
-- One row per name of an event that tells of a purchase.
select event_name
from (select event_name from {{ ref('checked_web__events') }} group by event_name) as names
where {{ cart_activity('event_name') }} = 'ordered'

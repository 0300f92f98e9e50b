-- A letter that waits until it has expired is never sent; a negative wait or cooldown is nonsense.
select campaign, wait_minutes, expires_after_hours, cooldown_days
from {{ ref('campaigns') }}
where wait_minutes >= 60 * expires_after_hours or wait_minutes < 0 or cooldown_days < 0

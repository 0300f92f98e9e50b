-- A record is always the same as itself; decided different it would break overrides_hold later on.
select record_key_a, decision, decided_by, decided_at
from {{ ref('identity_overrides') }}
where record_key_a = record_key_b

with
    turns as (
        select
            anonymous_id,
            valid_from,
            valid_to,
            lag(valid_to) over device as previous_valid_to,
            row_number() over device as turn
        from {{ ref('device_owners') }}
        window device as (partition by anonymous_id order by valid_from nulls first, customer_id)
    )

select anonymous_id, valid_from, valid_to, previous_valid_to
from turns
where
    valid_from >= valid_to
    -- After the first turn, each begins at a time, and not before the end of the one before.
    or (turn > 1 and (valid_from is null or previous_valid_to is null))
    or (turn > 1 and valid_from < previous_valid_to)

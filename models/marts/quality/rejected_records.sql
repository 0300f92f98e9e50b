with rejected as ({{ list_rejects() }})

select
    source,
    source_table,
    record_key,
    reason,
    raw_row,
    '{{ as_of_text() | trim | replace(" ", "T") }}Z' as run
from rejected

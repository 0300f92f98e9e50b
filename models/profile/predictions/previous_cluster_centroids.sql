with
    ledger as ({{ ledger_rows('clusters_seen', clusters_seen_columns()) }}),

    last_seen as (select max(seen_at) as seen_at from ledger where seen_at < {{ as_of() }}),

    -- Also of later clocks, when the past is replayed: no number is given twice.
    numbers as (select max(cluster) as highest_cluster from ledger where seen_at <> {{ as_of() }})

select ledger.cluster, ledger.label, ledger.feature, ledger.value, numbers.highest_cluster
from ledger
inner join last_seen on ledger.seen_at = last_seen.seen_at
cross join numbers

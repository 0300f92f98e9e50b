with arrivals as ({{ count_arrivals() }}), fates as ({{ count_fates() }})

select
    arrivals.source,
    arrivals.source_table,
    cast(arrivals.rows_raw as bigint) as rows_raw,
    cast(arrivals.rows_not_yet_received as bigint) as rows_not_yet_received,
    cast(arrivals.rows_raw - arrivals.rows_not_yet_received as bigint) as rows_in,
    cast(fates.rows_staged as bigint) as rows_staged,
    cast(fates.rows_duplicate as bigint) as rows_duplicate,
    cast(fates.rows_superseded as bigint) as rows_superseded,
    cast(fates.rows_rejected as bigint) as rows_rejected,
    arrivals.is_listed
from arrivals
inner join fates on arrivals.source = fates.source and arrivals.source_table = fates.source_table

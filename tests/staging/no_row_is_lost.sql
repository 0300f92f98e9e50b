-- Rows received by as_of, counted in the raw tables themselves, against what became of them and
-- what is in the stg_ models.
with

    arrivals as ({{ count_arrivals() }}),

    fates as ({{ count_fates() }}),

    staged as ({{ count_staged() }})

select
    arrivals.source,
    arrivals.source_table,
    arrivals.rows_raw - arrivals.rows_not_yet_received as rows_in,
    fates.rows_staged,
    fates.rows_duplicate,
    fates.rows_rejected,
    staged.rows_in_stg
from arrivals
left join fates on arrivals.source = fates.source and arrivals.source_table = fates.source_table
left join staged on arrivals.source = staged.source and arrivals.source_table = staged.source_table
where
    arrivals.rows_raw
    - arrivals.rows_not_yet_received
    is distinct from fates.rows_staged
    + fates.rows_duplicate
    + fates.rows_rejected
    or fates.rows_staged is distinct from staged.rows_in_stg

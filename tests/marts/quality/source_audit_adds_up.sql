with

    rejected as (
        select source, source_table, count(*) as rows_rejected
        from {{ ref('rejected_records') }}
        group by source, source_table
    )

select
    audit.source,
    audit.source_table,
    audit.rows_in,
    audit.rows_staged,
    audit.rows_duplicate,
    audit.rows_rejected,
    rejected.rows_rejected as rows_in_rejected_records
from {{ ref('source_audit') }} as audit
left join rejected on audit.source = rejected.source and audit.source_table = rejected.source_table
where
    audit.rows_in != audit.rows_staged + audit.rows_duplicate + audit.rows_rejected
    or audit.rows_superseded > audit.rows_duplicate
    or audit.rows_rejected != coalesce(rejected.rows_rejected, 0)

{{ config(materialized='view') }}

with ledger as (select * from {{ ref('ledger_customer_id_assignments') }}),

customers as (select * from {{ ref('identity_customers') }}),

-- When an id was merged, all who had it left it; who was given it later has it back, be it from a
-- younger one, which was merged into it then.
last_merges as (
    select previous_customer_id as customer_id, max(sequence) as merged_in
    from ledger
    where cause = 'merge'
    group by previous_customer_id
),

issued as (
    select
        ledger.customer_id,
        min(ledger.seed_record_key) as seed_record_key,
        min(ledger.sequence) as issued_in,
        max(ledger.sequence) as last_given_in,
        min(case when ledger.cause is not null then ledger.sequence end) as cause_known_in,
        min(case when ledger.cause = 'split' then ledger.sequence end) as split_in,
        min(ledger.assigned_at) as issued_at,
        min(case when ledger.sequence > last_merges.merged_in then ledger.assigned_at end)
            as returned_at
    from ledger
    left join last_merges on ledger.customer_id = last_merges.customer_id
    group by ledger.customer_id
)

select
    issued.customer_id,
    issued.issued_at,
    issued.issued_in,
    issued.seed_record_key,
    customers.customer_id is not null as is_current,
    case
        when issued.split_in = issued.issued_in then 'split'
        when issued.cause_known_in = issued.issued_in then 'new'
    end as cause,
    issued.last_given_in,
    issued.returned_at
from issued
left join customers on issued.customer_id = customers.customer_id

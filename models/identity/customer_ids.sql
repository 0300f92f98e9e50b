{{ config(materialized='view') }}

with ledger as (select * from {{ ref('ledger_customer_id_assignments') }}),

customers as (select * from {{ ref('identity_customers') }}),

issued as (
    select
        customer_id,
        min(seed_record_key) as seed_record_key,
        min(sequence) as issued_in,
        max(sequence) as last_given_in,
        min(case when cause is not null then sequence end) as cause_known_in,
        min(case when cause = 'split' then sequence end) as split_in,
        min(assigned_at) as issued_at,
        max(case when cause = 'returned' then assigned_at end) as returned_at
    from ledger
    group by customer_id
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

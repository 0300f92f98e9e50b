{{ config(materialized='view') }}

with ledger as (select * from {{ ref('ledger_customer_id_assignments') }}),

customers as (select * from {{ ref('identity_customers') }}),

issued as (
    select
        customer_id,
        min(assigned_at) as issued_at,
        min(sequence) as issued_in,
        min(seed_record_key) as seed_record_key
    from ledger
    group by customer_id
)

select
    issued.customer_id,
    issued.issued_at,
    issued.issued_in,
    issued.seed_record_key,
    customers.customer_id is not null as is_current
from issued
left join customers on issued.customer_id = customers.customer_id

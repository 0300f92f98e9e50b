with
    open_records as (select * from {{ ref('identity_open_records') }}),

    ledger as ({{ ledger_rows('customer_id_assignments', customer_id_columns()) }}),

    past_merges as (
        select record_key, previous_customer_id as customer_id, sequence
        from ledger
        where cause in ('merge', 'followed') and previous_customer_id is not null
    ),

    ids as (
        select customer_id
        from open_records
        where customer_id is not null
        union distinct
        select past_merges.customer_id
        from past_merges
        inner join open_records on past_merges.record_key = open_records.record_key
    ),

    issued as (
        select
            ledger.customer_id,
            min(ledger.seed_record_key) as seed_record_key,
            min(ledger.sequence) as issued_in,
            max(ledger.sequence) as last_given_in
        from ledger
        inner join ids on ledger.customer_id = ids.customer_id
        group by ledger.customer_id
    ),

    merged as (
        select past_merges.customer_id, max(past_merges.sequence) as merged_in
        from past_merges
        inner join ids on past_merges.customer_id = ids.customer_id
        group by past_merges.customer_id
    )

select
    issued.customer_id,
    issued.seed_record_key,
    issued.issued_in,
    case when merged.merged_in > issued.last_given_in then merged.merged_in end as merged_in
from issued
left join merged on issued.customer_id = merged.customer_id

{{ config(
    alias='customer_id_assignments',
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    full_refresh=false,
) }}

{%- set columns = customer_id_columns() %}

with
    ledger as ({{ ledger_rows('customer_id_assignments', columns) }}),

    open_records as (select * from {{ ref('identity_open_records') }}),

    holders as (select * from {{ ref('identity_id_holders') }}),

    parts as (select * from {{ ref('identity_id_parts') }}),

    given as (select * from {{ ref('identity_given_ids') }}),

    changed as (
        select
            open_records.record_key,
            given.customer_id,
            given.seed_record_key,
            case
                when
                    open_records.customer_id is null
                    and coalesce(open_records.followed_customer_id, given.customer_id)
                    = given.customer_id
                then 'new'
                when parts.part_rank = 1
                then 'merge'
                when given.is_returned
                then 'returned'
                else 'split'
            end as cause,
            open_records.customer_id as previous_customer_id
        from open_records
        inner join given on open_records.cluster = given.cluster
        left join
            parts
            on open_records.cluster = parts.cluster
            and open_records.customer_id = parts.customer_id
        where open_records.customer_id is null or open_records.customer_id <> given.customer_id
        union all
        -- Where the id of records that are not in the data goes, so that it leads on from there.
        select
            holders.record_key,
            given.customer_id,
            given.seed_record_key,
            'followed' as cause,
            case when not holders.has_followed then holders.customer_id end as previous_customer_id
        from holders
        inner join parts on holders.customer_id = parts.customer_id
        inner join given on parts.cluster = given.cluster
        where
            holders.has_it
            and holders.cluster is null
            and parts.part_rank = 1
            and parts.customer_id <> given.customer_id
    ),

    -- When this runs again without the models before it, what they found is in the ledger already.
    next_sequence as (select coalesce(max(sequence), 0) + 1 as sequence from ledger),

    expected_sequence as (select max(sequence) as sequence from open_records),

    appended as (
        select changed.*, {{ as_of() }} as assigned_at, next_sequence.sequence
        from changed
        cross join next_sequence
        inner join expected_sequence on next_sequence.sequence = expected_sequence.sequence
    )

select {{ columns | join(', ') }}
from appended
union all
select {{ columns | join(', ') }}
from ledger
where {{ 'false' if is_incremental() else 'true' }}

with
    first_records as (select * from {{ ref('identity_open_records') }} where seniority = 1),

    ids as (select * from {{ ref('identity_open_ids') }}),

    returned as (select * from {{ ref('identity_returned_ids') }}),

    survivors as (select * from {{ ref('identity_id_parts') }} where survives),

    ledger as ({{ ledger_rows('customer_id_assignments', customer_id_columns()) }}),

    given as (
        select
            first_records.cluster,
            first_records.record_key,
            coalesce(returned.customer_id, survivors.customer_id) as customer_id,
            returned.customer_id is not null as is_returned
        from first_records
        left join returned on first_records.cluster = returned.cluster
        left join survivors on first_records.cluster = survivors.cluster
    ),

    -- The record may have given its name to an id that another part has: number the next.
    seed_uses as (
        select ledger.seed_record_key, count(distinct ledger.customer_id) as uses_count
        from ledger
        inner join given on ledger.seed_record_key = given.record_key and given.customer_id is null
        group by ledger.seed_record_key
    )

-- Whoever has no id gets a new one, made of the cluster's first record.
select
    given.cluster,
    coalesce(
        given.customer_id,
        {{ hash_uuid(
            "'customer:' || given.record_key || ':' || cast(coalesce(seed_uses.uses_count, 0)"
            ~ " as " ~ dbt.type_string() ~ ")"
        ) }}
    ) as customer_id,
    coalesce(ids.seed_record_key, given.record_key) as seed_record_key,
    given.is_returned
from given
left join ids on given.customer_id = ids.customer_id
left join seed_uses on given.record_key = seed_uses.seed_record_key

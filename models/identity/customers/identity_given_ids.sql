with open_records as (select * from {{ ref('identity_open_records') }}),

ids as (select * from {{ ref('identity_open_ids') }}),

returned as (select * from {{ ref('identity_returned_ids') }}),

survivors as (
    select * from {{ ref('identity_id_parts') }}
    where survives
),

ledger as (
    {{ ledger_rows('customer_id_assignments', customer_id_columns()) }}
),

rights as (
    select cluster, customer_id, true as is_returned, 1 as precedence
    from returned
    union all
    select cluster, customer_id, false as is_returned, 2 as precedence
    from survivors
),

ranked_rights as (
    select
        rights.*,
        row_number() over (partition by rights.cluster order by rights.precedence) as right_rank
    from rights
),

given as (
    select
        ranked_rights.cluster,
        ranked_rights.customer_id,
        ids.seed_record_key,
        ranked_rights.is_returned
    from ranked_rights
    inner join ids on ranked_rights.customer_id = ids.customer_id
    where ranked_rights.right_rank = 1
),

-- Anybody else gets a new id, made of the cluster's first record.
first_records as (
    select open_records.cluster, open_records.record_key
    from open_records
    left join given on open_records.cluster = given.cluster
    where open_records.seniority = 1 and given.cluster is null
),

-- The record may have given its name to an id that another part has: number the next.
seed_uses as (
    select ledger.seed_record_key, count(distinct ledger.customer_id) as uses_count
    from ledger
    inner join first_records on ledger.seed_record_key = first_records.record_key
    group by ledger.seed_record_key
)

select cluster, customer_id, seed_record_key, is_returned
from given
union all
select
    first_records.cluster,
    {{ hash_uuid(
        "'customer:' || first_records.record_key || ':' || cast(coalesce(seed_uses.uses_count, 0)"
        ~ " as " ~ dbt.type_string() ~ ")"
    ) }} as customer_id,
    first_records.record_key as seed_record_key,
    false as is_returned
from first_records
left join seed_uses on first_records.record_key = seed_uses.seed_record_key

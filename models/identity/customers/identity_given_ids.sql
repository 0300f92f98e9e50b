with open_records as (select * from {{ ref('identity_open_records') }}),

ids as (select * from {{ ref('identity_open_ids') }}),

holders as (select * from {{ ref('identity_id_holders') }}),

homes as (select * from {{ ref('identity_id_homes') }}),

parts as (select * from {{ ref('identity_id_parts') }}),

ledger as (
    {{ ledger_rows('customer_id_assignments', customer_id_columns()) }}
),

-- After a merge the oldest id survives.
kept as (
    select
        cluster,
        customer_id,
        issued_in,
        row_number() over (
            partition by cluster
            order by issued_in, seniority, customer_id
        ) as id_rank
    from parts
    where part_rank = 1
),

survivors as (
    select cluster, customer_id, issued_in
    from kept
    where id_rank = 1
),

-- A part without an id, or with one that is younger than the merge, takes back the one that most of
-- its records had before it; of several parts that with most of the hosts.
claims as (
    select
        holders.cluster,
        holders.record_key,
        ids.customer_id,
        ids.merged_in,
        ids.issued_in,
        case when holders.is_guest then 0 else 1 end as is_host,
        case when holders.record_key = ids.seed_record_key then 1 else 0 end as is_seed
    from holders
    inner join ids on holders.customer_id = ids.customer_id
    where holders.was_merged and holders.cluster is not null and ids.merged_in is not null
),

claimed as (
    select
        cluster,
        customer_id,
        merged_in,
        issued_in,
        count(*) as claims_count,
        sum(is_host) as hosts_count,
        max(is_seed) as has_seed
    from claims
    group by cluster, customer_id, merged_in, issued_in
),

ranked_claims as (
    select
        claimed.*,
        row_number() over (
            partition by claimed.customer_id
            order by
                claimed.hosts_count desc,
                claimed.claims_count desc,
                claimed.has_seed desc,
                claimed.cluster
        ) as part_rank
    from claimed
),

claimants as (
    select cluster, max(merged_in) as merged_in, count(distinct record_key) as records_count
    from claims
    group by cluster
),

-- Records that came after the merge have no say in it.
claiming as (
    select claimants.cluster
    from claimants
    inner join open_records
        on claimants.cluster = open_records.cluster
        and claimants.merged_in > open_records.known_since
    group by claimants.cluster, claimants.records_count
    having claimants.records_count * 2 > count(*)
),

given_back as (
    select
        ranked_claims.cluster,
        ranked_claims.customer_id,
        row_number() over (
            partition by ranked_claims.cluster
            order by
                ranked_claims.claims_count desc,
                ranked_claims.merged_in desc,
                ranked_claims.has_seed desc,
                ranked_claims.issued_in,
                ranked_claims.customer_id
        ) as id_rank
    from ranked_claims
    inner join claiming on ranked_claims.cluster = claiming.cluster
    left join survivors on ranked_claims.cluster = survivors.cluster
    left join homes on ranked_claims.customer_id = homes.customer_id
    where
        ranked_claims.part_rank = 1
        and homes.cluster is null
        and (survivors.cluster is null or survivors.issued_in >= ranked_claims.merged_in)
),

rights as (
    select cluster, customer_id, true as is_returned, 1 as precedence
    from homes
    union all
    select cluster, customer_id, true as is_returned, 2 as precedence
    from given_back
    where id_rank = 1
    union all
    select cluster, customer_id, false as is_returned, 3 as precedence
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

with
    open_records as (select * from {{ ref('identity_open_records') }}),

    ids as (select * from {{ ref('identity_open_ids') }}),

    holders as (select * from {{ ref('identity_id_holders') }}),

    parts as (select * from {{ ref('identity_id_parts') }} where survives),

    -- A part without an id, or with one that is younger than the merge, takes back the one that
    -- most of its records had before it; of several parts that with most of the hosts.
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

    -- Whoever had it speaks for it, also a part that was split off before the rest was merged.
    claimants as (
        select
            claimed.cluster,
            max(claimed.merged_in) as merged_in,
            count(distinct holders.record_key) as records_count
        from claimed
        inner join
            holders
            on claimed.cluster = holders.cluster
            and claimed.customer_id = holders.customer_id
        group by claimed.cluster
    ),

    -- Records that came after the merge have no say in it.
    claiming as (
        select claimants.cluster
        from claimants
        inner join
            open_records
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
        left join parts on ranked_claims.cluster = parts.cluster
        where
            ranked_claims.part_rank = 1
            and (parts.cluster is null or parts.issued_in >= ranked_claims.merged_in)
    )

select cluster, customer_id
from given_back
where id_rank = 1

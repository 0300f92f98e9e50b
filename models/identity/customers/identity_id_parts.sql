with
    open_records as (
        select * from {{ ref('identity_open_records') }} where customer_id is not null
    ),

    ids as (select * from {{ ref('identity_open_ids') }}),

    holders as (select * from {{ ref('identity_id_holders') }}),

    votes as (
        select
            open_records.cluster,
            open_records.customer_id,
            open_records.seniority,
            ids.issued_in,
            case when open_records.record_key = ids.seed_record_key then 1 else 0 end as is_seed,
            holders.arrived_in,
            holders.is_guest
            and holders.arrived_in
            > min(holders.arrived_in) over (partition by open_records.customer_id) as is_guest
        from open_records
        inner join ids on open_records.customer_id = ids.customer_id
        inner join
            holders
            on open_records.record_key = holders.record_key
            and open_records.customer_id = holders.customer_id
    ),

    -- Those who had the id before the first merge into it.
    hosted as (
        select
            *,
            arrived_in
            < min(case when is_guest then arrived_in end) over (partition by customer_id) as is_host
        from votes
    ),

    parts as (
        select
            cluster,
            customer_id,
            issued_in,
            count(*) as votes_count,
            sum(case when is_host then 1 else 0 end) as hosts_count,
            sum(case when is_guest then 1 else 0 end) as guests_count,
            max(is_seed) as has_seed,
            min(seniority) as seniority
        from hosted
        group by cluster, customer_id, issued_in
    ),

    opposed as (
        select
            *,
            guests_count > hosts_count
            and hosts_count < max(hosts_count) over (partition by customer_id) as are_guests
        from parts
    ),

    -- After a split the larger part keeps the id; guests leave it to their hosts.
    ranked as (
        select
            *,
            row_number() over (
                partition by customer_id
                order by are_guests, votes_count desc, has_seed desc, cluster
            ) as part_rank
        from opposed
    )

-- After a merge the oldest id survives.
select
    cluster,
    customer_id,
    issued_in,
    part_rank,
    part_rank = 1 and row_number() over kept_ids = 1 as survives
from ranked
window kept_ids as (partition by cluster, part_rank = 1 order by issued_in, seniority, customer_id)

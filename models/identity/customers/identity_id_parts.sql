with open_records as (select * from {{ ref('identity_open_records') }}),

ids as (select * from {{ ref('identity_open_ids') }}),

holders as (select * from {{ ref('identity_id_holders') }}),

votes as (
    select
        open_records.cluster,
        open_records.customer_id,
        ids.issued_in,
        count(*) as votes_count,
        max(case when open_records.record_key = ids.seed_record_key then 1 else 0 end) as has_seed,
        min(open_records.seniority) as seniority
    from open_records
    inner join ids on open_records.customer_id = ids.customer_id
    group by open_records.cluster, open_records.customer_id, ids.issued_in
),

-- A split may undo a merge.
split_ids as (
    select customer_id
    from open_records
    where customer_id is not null
    group by customer_id
    having min(cluster) < max(cluster)
),

split_records as (
    select
        open_records.customer_id,
        open_records.cluster,
        holders.arrived_in,
        case when holders.is_guest then holders.arrived_in end as merged_in
    from open_records
    inner join split_ids on open_records.customer_id = split_ids.customer_id
    inner join holders
        on open_records.record_key = holders.record_key
        and open_records.customer_id = holders.customer_id
),

undoable as (
    select customer_id, merged_in
    from split_records
    where merged_in is not null
    group by customer_id, merged_in
),

sides as (
    select
        undoable.customer_id,
        undoable.merged_in,
        split_records.cluster,
        sum(case when split_records.merged_in = undoable.merged_in then 1 else 0 end)
            as guests_count,
        sum(case when split_records.arrived_in < undoable.merged_in then 1 else 0 end)
            as hosts_count
    from undoable
    inner join split_records on undoable.customer_id = split_records.customer_id
    group by undoable.customer_id, undoable.merged_in, split_records.cluster
),

opposed as (
    select
        sides.*,
        max(
            case when sides.hosts_count >= sides.guests_count then sides.hosts_count end
        ) over (partition by sides.customer_id, sides.merged_in) as most_hosts_count
    from sides
),

guests as (
    select customer_id, cluster, min(merged_in) as merged_in
    from opposed
    where guests_count > hosts_count and hosts_count < most_hosts_count
    group by customer_id, cluster
),

-- After a split the larger part keeps the id; guests leave it to their hosts.
ranked as (
    select
        votes.*,
        row_number() over (
            partition by votes.customer_id
            order by
                case when guests.merged_in is null then 0 else 1 end,
                guests.merged_in desc nulls last,
                votes.votes_count desc,
                votes.has_seed desc,
                votes.cluster
        ) as part_rank
    from votes
    left join guests
        on votes.customer_id = guests.customer_id and votes.cluster = guests.cluster
)

-- After a merge the oldest id survives.
select
    cluster,
    customer_id,
    issued_in,
    part_rank,
    part_rank = 1
    and row_number() over (
        partition by cluster, part_rank = 1
        order by issued_in, seniority, customer_id
    )
    = 1 as survives
from ranked

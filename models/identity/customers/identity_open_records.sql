with
    clusters as (select * from {{ ref('identity_clusters') }}),

    ledger as ({{ ledger_rows('customer_id_assignments', customer_id_columns()) }}),

    histories as (
        select
            ledger.record_key,
            {{ last_by('ledger.customer_id', 'ledger.sequence') }} as customer_id,
            {{ last_by('ledger.cause', 'ledger.sequence') }} as cause,
            min(ledger.sequence) as known_since
        from ledger
        group by ledger.record_key
    ),

    -- A record that followed its id into a merge while it was not in the data never had the other
    -- id.
    assigned as (
        select
            clusters.cluster,
            clusters.record_key,
            clusters.first_seen_at,
            case
                when coalesce(histories.cause, '') <> 'followed' then histories.customer_id
            end as customer_id,
            histories.customer_id as followed_customer_id,
            histories.known_since
        from clusters
        left join histories on clusters.record_key = histories.record_key
    ),

    -- Most clusters are as they were: one id, in no other cluster.
    parts as (select distinct cluster, customer_id from assigned),

    split_ids as (
        select customer_id
        from parts
        where customer_id is not null
        group by customer_id
        having count(*) > 1
    ),

    open_clusters as (
        select cluster
        from parts
        group by cluster
        having count(*) > 1 or count(customer_id) = 0
        union distinct
        select parts.cluster
        from parts
        inner join split_ids on parts.customer_id = split_ids.customer_id
    ),

    next_sequence as (select coalesce(max(sequence), 0) + 1 as sequence from ledger)

select
    assigned.cluster,
    assigned.record_key,
    assigned.customer_id,
    assigned.followed_customer_id,
    assigned.known_since,
    next_sequence.sequence,
    row_number() over (
        partition by assigned.cluster
        order by assigned.first_seen_at nulls last, assigned.record_key
    ) as seniority
from assigned
inner join open_clusters on assigned.cluster = open_clusters.cluster
cross join next_sequence

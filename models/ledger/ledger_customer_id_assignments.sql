{{ config(
    alias='customer_id_assignments',
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    full_refresh=false,
) }}

{%- set columns = {
    'record_key': dbt.type_string(),
    'customer_id': dbt.type_string(),
    'seed_record_key': dbt.type_string(),
    'assigned_at': 'timestamp',
    'sequence': 'bigint',
    'cause': dbt.type_string(),
    'previous_customer_id': dbt.type_string(),
} %}

with clusters as {{ inline_cte() }} (select * from {{ ref('identity_clusters') }}),

ledger as {{ inline_cte() }} (
    {{ ledger_rows('customer_id_assignments', columns) }}
),

looked_at as (select * from {{ ref('identity_reassigned') }}),

latest as (
    select
        ledger.record_key,
        {{ last_by('ledger.customer_id', 'ledger.sequence') }} as customer_id,
        {{ last_by('ledger.cause', 'ledger.sequence') }} as cause
    from ledger
    inner join looked_at on ledger.record_key = looked_at.record_key
    group by ledger.record_key
),

-- A record that followed its id into a merge while it was not in the data never had the other id.
assigned as (
    select
        clusters.record_key,
        clusters.component,
        clusters.first_seen_at,
        case when coalesce(latest.cause, '') <> 'followed' then latest.customer_id end
            as customer_id,
        latest.customer_id as followed_customer_id
    from clusters
    inner join looked_at on clusters.record_key = looked_at.record_key
    left join latest on clusters.record_key = latest.record_key
),

-- Most components are as they were: one id, in no other component. All below sees only the others.
parts as (
    select component, customer_id, count(*) as records_count
    from assigned
    group by component, customer_id
),

split_ids as (
    select customer_id
    from parts
    where customer_id is not null
    group by customer_id
    having count(*) > 1
),

open_components as (
    select component
    from parts
    group by component
    having count(*) > 1 or count(customer_id) = 0
    union distinct
    select parts.component
    from parts
    inner join split_ids on parts.customer_id = split_ids.customer_id
),

open_records as (
    select
        assigned.*,
        row_number() over (
            partition by assigned.component
            order by assigned.first_seen_at nulls last, assigned.record_key
        ) as seniority
    from assigned
    inner join open_components on assigned.component = open_components.component
),

histories as (
    select ledger.record_key, min(ledger.sequence) as known_since
    from ledger
    inner join open_records on ledger.record_key = open_records.record_key
    group by ledger.record_key
),

-- Ids that open components had before they were merged into another.
past_merges as (
    select record_key, previous_customer_id as customer_id, sequence as merged_in
    from ledger
    where cause in ('merge', 'followed') and previous_customer_id is not null
),

merged_ids as (
    select past_merges.customer_id
    from past_merges
    inner join open_records on past_merges.record_key = open_records.record_key
    group by past_merges.customer_id
),

ids as (
    select customer_id
    from open_records
    where customer_id is not null
    union distinct
    select customer_id from merged_ids
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

stays as (
    select
        ledger.record_key,
        ledger.customer_id,
        ledger.cause,
        ledger.sequence,
        row_number() over (
            partition by ledger.record_key, ledger.customer_id
            order by ledger.sequence
        ) as stay_number
    from ledger
    inner join ids on ledger.customer_id = ids.customer_id
),

-- When records came to these ids: guests by a merge (all of a customer, or a part that was split
-- off it), hosts with the id or without any. To come back with it is not to come.
arrivals as (
    select
        stays.record_key,
        stays.customer_id,
        max(stays.sequence) as arrived_in,
        coalesce({{ last_by('stays.cause', 'stays.sequence') }}, 'new') <> 'new'
        and max(stays.sequence) > min(issued.issued_in) as is_guest
    from stays
    inner join issued on stays.customer_id = issued.customer_id
    where stays.stay_number = 1 or stays.cause in ('merge', 'split', 'followed')
    group by stays.record_key, stays.customer_id
),

-- Records that are not in the data now and have, or had, one of the ids above.
absent as (
    select ledger.record_key
    from ledger
    inner join ids on ledger.customer_id = ids.customer_id
    left join clusters on ledger.record_key = clusters.record_key
    where clusters.record_key is null
    group by ledger.record_key
),

last_known as (
    select
        ledger.record_key,
        {{ last_by('ledger.customer_id', 'ledger.sequence') }} as customer_id,
        {{ last_by('ledger.cause', 'ledger.sequence') }} as cause
    from ledger
    inner join absent on ledger.record_key = absent.record_key
    group by ledger.record_key
),

-- A component of all whose first id was the same, and of nobody else, is that id's home.
origins as (
    select open_records.component, ledger.customer_id
    from histories
    inner join open_records on histories.record_key = open_records.record_key
    inner join ledger
        on histories.record_key = ledger.record_key and histories.known_since = ledger.sequence
),

common_origins as (
    select component, min(customer_id) as customer_id, count(*) as records_count
    from origins
    group by component
    having min(customer_id) = max(customer_id)
),

-- An id that another component goes on with is not given away.
kept_elsewhere as (
    select stays.customer_id
    from stays
    inner join common_origins on stays.customer_id = common_origins.customer_id
    inner join clusters on stays.record_key = clusters.record_key
    left join open_records on stays.record_key = open_records.record_key
    left join ledger as later
        on stays.record_key = later.record_key and stays.sequence < later.sequence
    where open_records.record_key is null and later.record_key is null
    group by stays.customer_id
),

homes as (
    select common_origins.component, common_origins.customer_id
    from common_origins
    inner join stays on common_origins.customer_id = stays.customer_id
    inner join clusters on stays.record_key = clusters.record_key
    left join kept_elsewhere on common_origins.customer_id = kept_elsewhere.customer_id
    where
        coalesce(stays.cause, 'new') = 'new'
        and stays.stay_number = 1
        and kept_elsewhere.customer_id is null
    group by
        common_origins.component,
        common_origins.customer_id,
        common_origins.records_count
    having count(*) = common_origins.records_count
),

-- A home leaves the id that it had meanwhile to whoever else has it, here or away.
left_ids as (
    select homes.component, last_known.customer_id
    from last_known
    inner join open_records on last_known.customer_id = open_records.customer_id
    inner join homes on open_records.component = homes.component
    where last_known.customer_id <> homes.customer_id
    group by homes.component, last_known.customer_id
),

votes as (
    select
        open_records.component,
        open_records.customer_id,
        issued.issued_in,
        count(*) as votes_count,
        max(case when open_records.record_key = issued.seed_record_key then 1 else 0 end)
            as has_seed,
        min(open_records.seniority) as seniority
    from open_records
    inner join issued on open_records.customer_id = issued.customer_id
    left join homes on open_records.customer_id = homes.customer_id
    left join left_ids
        on open_records.component = left_ids.component
        and open_records.customer_id = left_ids.customer_id
    where
        open_records.component = coalesce(homes.component, open_records.component)
        and left_ids.component is null
    group by open_records.component, open_records.customer_id, issued.issued_in
),

-- A split may undo a merge.
split_records as (
    select
        open_records.customer_id,
        open_records.component,
        arrivals.arrived_in,
        case when arrivals.is_guest then arrivals.arrived_in end as merged_in
    from open_records
    inner join split_ids on open_records.customer_id = split_ids.customer_id
    inner join arrivals
        on open_records.record_key = arrivals.record_key
        and open_records.customer_id = arrivals.customer_id
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
        split_records.component,
        sum(case when split_records.merged_in = undoable.merged_in then 1 else 0 end)
            as guests_count,
        sum(case when split_records.arrived_in < undoable.merged_in then 1 else 0 end)
            as hosts_count
    from undoable
    inner join split_records on undoable.customer_id = split_records.customer_id
    group by undoable.customer_id, undoable.merged_in, split_records.component
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
    select customer_id, component, min(merged_in) as merged_in
    from opposed
    where guests_count > hosts_count and hosts_count < most_hosts_count
    group by customer_id, component
),

-- After a split the larger part keeps the id; guests leave it to their hosts.
ranked_parts as (
    select
        votes.*,
        row_number() over (
            partition by votes.customer_id
            order by
                case when homes.customer_id <> votes.customer_id then 1 else 0 end,
                case when guests.merged_in is null then 0 else 1 end,
                guests.merged_in desc nulls last,
                votes.votes_count desc,
                votes.has_seed desc,
                votes.component
        ) as part_rank
    from votes
    left join guests
        on votes.customer_id = guests.customer_id and votes.component = guests.component
    left join homes on votes.component = homes.component
),

keepers as (
    select
        component,
        customer_id,
        issued_in,
        row_number() over (
            partition by component
            order by issued_in, seniority, customer_id
        ) as id_rank
    from ranked_parts
    where part_rank = 1
),

-- After a merge the oldest id survives.
survivors as (
    select component, customer_id, issued_in
    from keepers
    where id_rank = 1
),

-- Those that nobody has now.
retired_ids as (
    select
        past_merges.customer_id,
        issued.issued_in,
        issued.seed_record_key,
        max(past_merges.merged_in) as merged_in
    from past_merges
    inner join issued on past_merges.customer_id = issued.customer_id
    group by
        past_merges.customer_id,
        issued.issued_in,
        issued.seed_record_key,
        issued.last_given_in
    having max(past_merges.merged_in) > issued.last_given_in
),

former_holders as (
    select past_merges.record_key, past_merges.customer_id
    from past_merges
    inner join retired_ids on past_merges.customer_id = retired_ids.customer_id
    group by past_merges.record_key, past_merges.customer_id
),

-- A part without an id, or with one that is younger than the merge, takes back the one that most of
-- its records had before it; of several parts that with most of the hosts.
claims as (
    select
        clusters.component,
        clusters.record_key,
        retired_ids.customer_id,
        retired_ids.merged_in,
        retired_ids.issued_in,
        case when arrivals.is_guest then 0 else 1 end as is_host,
        case when clusters.record_key = retired_ids.seed_record_key then 1 else 0 end as is_seed
    from former_holders
    inner join retired_ids on former_holders.customer_id = retired_ids.customer_id
    inner join clusters on former_holders.record_key = clusters.record_key
    inner join arrivals
        on former_holders.record_key = arrivals.record_key
        and former_holders.customer_id = arrivals.customer_id
),

claimed as (
    select
        component,
        customer_id,
        merged_in,
        issued_in,
        count(*) as claims_count,
        sum(is_host) as hosts_count,
        max(is_seed) as has_seed
    from claims
    group by component, customer_id, merged_in, issued_in
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
                claimed.component
        ) as part_rank
    from claimed
),

claimants as (
    select component, max(merged_in) as merged_in, count(distinct record_key) as records_count
    from claims
    group by component
),

-- Records that came after the merge have no say in it.
claiming as (
    select claimants.component
    from claimants
    inner join open_records on claimants.component = open_records.component
    inner join histories
        on open_records.record_key = histories.record_key
        and claimants.merged_in > histories.known_since
    group by claimants.component, claimants.records_count
    having claimants.records_count * 2 > count(*)
),

given_back as (
    select
        ranked_claims.component,
        ranked_claims.customer_id,
        row_number() over (
            partition by ranked_claims.component
            order by
                ranked_claims.claims_count desc,
                ranked_claims.merged_in desc,
                ranked_claims.has_seed desc,
                ranked_claims.issued_in,
                ranked_claims.customer_id
        ) as id_rank
    from ranked_claims
    inner join claiming on ranked_claims.component = claiming.component
    left join survivors on ranked_claims.component = survivors.component
    left join homes on ranked_claims.customer_id = homes.customer_id
    where
        ranked_claims.part_rank = 1
        and homes.component is null
        and (survivors.component is null or survivors.issued_in >= ranked_claims.merged_in)
),

rights as (
    select component, customer_id, true as is_returned, 1 as precedence
    from homes
    union all
    select component, customer_id, true as is_returned, 2 as precedence
    from given_back
    where id_rank = 1
    union all
    select component, customer_id, false as is_returned, 3 as precedence
    from survivors
),

ranked_rights as (
    select
        rights.*,
        row_number() over (partition by rights.component order by rights.precedence) as right_rank
    from rights
),

given as (
    select component, customer_id, is_returned
    from ranked_rights
    where right_rank = 1
),

-- Anybody else gets a new id, made of the component's first record.
first_records as (
    select open_records.component, open_records.record_key
    from open_records
    left join given on open_records.component = given.component
    where open_records.seniority = 1 and given.component is null
),

-- The record may have given its name to an id that another part has: number the next.
seed_uses as (
    select ledger.seed_record_key, count(distinct ledger.customer_id) as uses_count
    from ledger
    inner join first_records on ledger.seed_record_key = first_records.record_key
    group by ledger.seed_record_key
),

named as (
    select given.component, given.customer_id, issued.seed_record_key, given.is_returned
    from given
    inner join issued on given.customer_id = issued.customer_id
    union all
    select
        first_records.component,
        {{ hash_uuid(
            "'customer:' || first_records.record_key || ':' || cast(coalesce(seed_uses.uses_count, 0)"
            ~ " as " ~ dbt.type_string() ~ ")"
        ) }} as customer_id,
        first_records.record_key as seed_record_key,
        false as is_returned
    from first_records
    left join seed_uses on first_records.record_key = seed_uses.seed_record_key
),

changed as (
    select
        open_records.record_key,
        named.customer_id,
        named.seed_record_key,
        case
            when open_records.customer_id is null
                and coalesce(open_records.followed_customer_id, named.customer_id)
                = named.customer_id
                then 'new'
            when ranked_parts.part_rank = 1 then 'merge'
            when named.is_returned then 'returned'
            else 'split'
        end as cause,
        open_records.customer_id as previous_customer_id
    from open_records
    inner join named on open_records.component = named.component
    left join ranked_parts
        on open_records.component = ranked_parts.component
        and open_records.customer_id = ranked_parts.customer_id
    where open_records.customer_id is null or open_records.customer_id <> named.customer_id
    union all
    -- Where their id goes, so that it leads on from there.
    select
        last_known.record_key,
        named.customer_id,
        named.seed_record_key,
        'followed' as cause,
        case when coalesce(last_known.cause, '') <> 'followed' then last_known.customer_id end
            as previous_customer_id
    from last_known
    inner join ranked_parts
        on last_known.customer_id = ranked_parts.customer_id and ranked_parts.part_rank = 1
    inner join named
        on ranked_parts.component = named.component
        and ranked_parts.customer_id <> named.customer_id
),

next_sequence as (
    select coalesce(max(sequence), 0) + 1 as sequence from ledger
),

appended as (
    select changed.*, {{ as_of() }} as assigned_at, next_sequence.sequence
    from changed
    cross join next_sequence
)

select {{ columns | join(', ') }}
from appended
union all
select {{ columns | join(', ') }}
from ledger
where {{ 'false' if is_incremental() else 'true' }}

with
    ledger as (select * from {{ ref('ledger_customer_id_assignments') }}),

    customers as (select * from {{ ref('identity_customers') }}),

    -- When an id was merged, all who had it left it; who was given it later has it back, be it from
    -- a younger one, which was merged into it then.
    last_merges as (
        select previous_customer_id as customer_id, max(sequence) as merged_in
        from ledger
        where cause = 'merge'
        group by previous_customer_id
    ),

    ids as (
        select
            ledger.customer_id,
            customers.customer_id is not null as is_current,
            min(ledger.sequence) as issued_in,
            max(ledger.sequence) as last_given_in,
            min(case when ledger.cause is not null then ledger.sequence end) as cause_known_in,
            min(case when ledger.cause = 'split' then ledger.sequence end) as split_in,
            min(ledger.assigned_at) as issued_at,
            min(
                case when ledger.sequence > last_merges.merged_in then ledger.assigned_at end
            ) as returned_at
        from ledger
        left join last_merges on ledger.customer_id = last_merges.customer_id
        left join customers on ledger.customer_id = customers.customer_id
        group by ledger.customer_id, customers.customer_id
    ),

    moves as (
        select
            *,
            lag(customer_id) over (partition by record_key order by sequence) as left_customer_id,
            last_value(customer_id) over (
                partition by record_key
                order by sequence
                rows between unbounded preceding and unbounded following
            ) as present_customer_id
        from ledger
    ),

    -- An id was merged when its last records left it together; who parted earlier has no say.
    departures as (
        select
            moves.left_customer_id as customer_id,
            moves.present_customer_id,
            moves.assigned_at,
            max(moves.sequence) over (partition by moves.left_customer_id)
            = moves.sequence as is_last
        from moves
        inner join
            ids
            on moves.left_customer_id = ids.customer_id
            and not ids.is_current
            and moves.sequence > ids.last_given_in
        -- Rows from before causes were kept have none.
        where coalesce(moves.cause, 'merge') = 'merge'
    ),

    -- Where most of them are now.
    successors as (
        select
            departures.customer_id,
            departures.present_customer_id,
            departures.assigned_at,
            row_number() over (
                partition by departures.customer_id
                order by count(*) desc, ids.issued_in, departures.present_customer_id
            ) as successor_rank
        from departures
        inner join ids on departures.present_customer_id = ids.customer_id and ids.is_current
        where departures.is_last
        group by
            departures.customer_id,
            departures.present_customer_id,
            departures.assigned_at,
            ids.issued_in
    )

select
    ids.customer_id,
    case
        when ids.is_current then ids.customer_id else successors.present_customer_id
    end as current_customer_id,
    case
        when ids.is_current
        then 'current'
        when successors.customer_id is null
        then 'retired'
        else 'merged'
    end as status,
    case
        when ids.is_current and ids.returned_at is not null
        then 'returned'
        when ids.is_current and ids.split_in = ids.issued_in
        then 'split'
        when ids.is_current and ids.cause_known_in = ids.issued_in
        then 'new'
        when ids.is_current
        then null
        when successors.customer_id is null
        then 'records_gone'
        else 'merge'
    end as cause,
    ids.issued_at,
    case when ids.is_current then ids.returned_at else successors.assigned_at end as changed_at
from ids
left join successors on ids.customer_id = successors.customer_id and successors.successor_rank = 1

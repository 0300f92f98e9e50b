with ids as (select * from {{ ref('customer_ids') }}),

ledger as (select * from {{ ref('ledger_customer_id_assignments') }}),

-- The whole history of every record that ever had an id that nobody has now.
carriers as (
    select ledger.record_key
    from ledger
    inner join ids on ledger.customer_id = ids.customer_id and not ids.is_current
    group by ledger.record_key
),

moves as (
    select
        ledger.record_key,
        ledger.cause,
        ledger.assigned_at,
        ledger.sequence,
        lag(ledger.customer_id) over (
            partition by ledger.record_key
            order by ledger.sequence
        ) as left_customer_id,
        last_value(ledger.customer_id) over (
            partition by ledger.record_key
            order by ledger.sequence
            rows between unbounded preceding and unbounded following
        ) as present_customer_id
    from ledger
    inner join carriers on ledger.record_key = carriers.record_key
),

-- An id was merged when its last records left it together; who parted earlier has no say.
departures as (
    select
        moves.left_customer_id as customer_id,
        moves.present_customer_id,
        moves.assigned_at,
        max(moves.sequence) over (partition by moves.left_customer_id) = moves.sequence as is_last
    from moves
    inner join ids
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
    case when ids.is_current then ids.customer_id else successors.present_customer_id end
        as current_customer_id,
    case
        when ids.is_current then 'current'
        when successors.customer_id is null then 'retired'
        else 'merged'
    end as status,
    case
        when ids.returned_at is not null and ids.is_current then 'returned'
        when ids.is_current then ids.cause
        when successors.customer_id is null then 'records_gone'
        else 'merge'
    end as cause,
    ids.issued_at,
    case when ids.is_current then ids.returned_at else successors.assigned_at end as changed_at
from ids
left join successors
    on ids.customer_id = successors.customer_id
    and successors.successor_rank = 1

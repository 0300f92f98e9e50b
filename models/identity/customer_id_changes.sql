{{ config(materialized='table') }}

with ids as (select * from {{ ref('customer_ids') }}),

ledger as (select * from {{ ref('ledger_customer_id_assignments') }}),

map as (select * from {{ ref('identity_map') }}),

-- Where the records that ever carried an id are now.
moves as (
    select
        ledger.customer_id,
        map.customer_id as current_customer_id,
        count(distinct ledger.record_key) as records_count
    from ledger
    inner join map on ledger.record_key = map.record_key
    group by ledger.customer_id, map.customer_id
),

ranked as (
    select
        customer_id,
        current_customer_id,
        row_number() over (
            partition by customer_id
            order by records_count desc, current_customer_id
        ) as move_rank
    from moves
),

departures as (
    select
        before.customer_id,
        max(after.assigned_at) as left_at
    from ledger as before
    inner join ledger as after
        on before.record_key = after.record_key
        and before.sequence < after.sequence
        and before.customer_id <> after.customer_id
    group by before.customer_id
)

select
    ids.customer_id,
    case when ids.is_current then ids.customer_id else ranked.current_customer_id end
        as current_customer_id,
    case
        when ids.is_current then 'current'
        when ranked.current_customer_id is null then 'retired'
        else 'merged'
    end as status,
    ids.issued_at,
    case when not ids.is_current then departures.left_at end as changed_at
from ids
left join ranked on ids.customer_id = ranked.customer_id and ranked.move_rank = 1
left join departures on ids.customer_id = departures.customer_id

{{ config(materialized='whole') }}

with clusters as {{ inline_cte() }} (select * from {{ ref('identity_clusters') }}),

looked_at as (select * from {{ ref('identity_reassigned') }}),

ledger as {{ inline_cte() }} (
    {{ ledger_rows('customer_id_assignments', customer_id_columns()) }}
),

histories as (
    select
        ledger.record_key,
        {{ last_by('ledger.customer_id', 'ledger.sequence') }} as customer_id,
        {{ last_by('ledger.cause', 'ledger.sequence') }} as cause,
        {{ first_by('ledger.customer_id', 'ledger.sequence') }} as first_customer_id,
        min(ledger.sequence) as known_since
    from ledger
    inner join looked_at on ledger.record_key = looked_at.record_key
    group by ledger.record_key
),

-- A record that followed its id into a merge while it was not in the data never had the other id.
assigned as (
    select
        clusters.component,
        clusters.record_key,
        clusters.first_seen_at,
        case when coalesce(histories.cause, '') <> 'followed' then histories.customer_id end
            as customer_id,
        histories.customer_id as followed_customer_id,
        histories.first_customer_id,
        histories.known_since
    from clusters
    inner join looked_at on clusters.record_key = looked_at.record_key
    left join histories on clusters.record_key = histories.record_key
),

-- Most components are as they were: one id, in no other component.
parts as (
    select distinct component, customer_id
    from assigned
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

next_sequence as (
    select coalesce(max(sequence), 0) + 1 as sequence from ledger
)

select
    assigned.component,
    assigned.record_key,
    assigned.customer_id,
    assigned.followed_customer_id,
    assigned.first_customer_id,
    assigned.known_since,
    next_sequence.sequence,
    row_number() over (
        partition by assigned.component
        order by assigned.first_seen_at nulls last, assigned.record_key
    ) as seniority
from assigned
inner join open_components on assigned.component = open_components.component
cross join next_sequence

with
    clusters as (select * from {{ ref('identity_clusters') }}),

    ids as (select * from {{ ref('identity_open_ids') }}),

    ledger as ({{ ledger_rows('customer_id_assignments', customer_id_columns()) }}),

    stays as (
        select
            ledger.record_key,
            ledger.customer_id,
            ledger.cause,
            ledger.sequence,
            ids.issued_in,
            row_number() over (
                partition by ledger.record_key, ledger.customer_id order by ledger.sequence
            ) as stay_number
        from ledger
        inner join ids on ledger.customer_id = ids.customer_id
    ),

    -- By a merge (all of a customer, or a part that was split off it) comes a guest; with the id,
    -- or without any, a host. To come back with it is not to come.
    arrivals as (
        select
            record_key,
            customer_id,
            max(sequence) as arrived_in,
            coalesce({{ last_by('cause', 'sequence') }}, 'new') <> 'new'
            and max(sequence) > min(issued_in) as is_guest
        from stays
        where stay_number = 1 or cause in ('merge', 'split', 'followed')
        group by record_key, customer_id
    ),

    holders as (select distinct record_key from arrivals),

    latest as (
        select
            ledger.record_key,
            {{ last_by('ledger.customer_id', 'ledger.sequence') }} as customer_id,
            {{ last_by('ledger.cause', 'ledger.sequence') }} as cause
        from ledger
        inner join holders on ledger.record_key = holders.record_key
        group by ledger.record_key
    ),

    merged_away as (
        select ledger.record_key, ledger.previous_customer_id as customer_id
        from ledger
        inner join ids on ledger.previous_customer_id = ids.customer_id
        where ledger.cause in ('merge', 'followed')
        group by ledger.record_key, ledger.previous_customer_id
    )

select
    arrivals.record_key,
    arrivals.customer_id,
    clusters.cluster,
    arrivals.arrived_in,
    arrivals.is_guest,
    arrivals.customer_id = latest.customer_id as has_it,
    arrivals.customer_id = latest.customer_id
    and coalesce(latest.cause, '') = 'followed' as has_followed,
    merged_away.record_key is not null as was_merged
from arrivals
inner join latest on arrivals.record_key = latest.record_key
left join clusters on arrivals.record_key = clusters.record_key
left join
    merged_away
    on arrivals.record_key = merged_away.record_key
    and arrivals.customer_id = merged_away.customer_id

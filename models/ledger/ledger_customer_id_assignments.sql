{{ config(
    alias='customer_id_assignments',
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
) }}

{%- set columns = {
    'record_key': dbt.type_string(),
    'customer_id': dbt.type_string(),
    'seed_record_key': dbt.type_string(),
    'assigned_at': 'timestamp',
    'sequence': 'bigint',
} %}

with clusters as (select * from {{ ref('identity_clusters') }}),

ledger as (
    {{ ledger_rows('customer_id_assignments', columns) }}
),

previous as (
    select record_key, {{ last_by('customer_id', 'sequence') }} as customer_id
    from ledger
    group by record_key
),

issued as (
    select customer_id, min(sequence) as issued_in, min(seed_record_key) as seed_record_key
    from ledger
    group by customer_id
),

-- How many records of each component had each id until now.
votes as (
    select
        clusters.component,
        previous.customer_id,
        count(*) as votes_count
    from clusters
    inner join previous on clusters.record_key = previous.record_key
    group by clusters.component, previous.customer_id
),

-- After a split the larger part keeps the id.
keepers as (
    select
        component,
        customer_id,
        row_number() over (
            partition by customer_id
            order by votes_count desc, component
        ) as part_rank
    from votes
),

-- After a merge the oldest id survives.
survivors as (
    select
        keepers.component,
        keepers.customer_id,
        row_number() over (
            partition by keepers.component
            order by issued.issued_in, votes.votes_count desc, keepers.customer_id
        ) as id_rank
    from keepers
    inner join issued on keepers.customer_id = issued.customer_id
    inner join votes
        on keepers.component = votes.component and keepers.customer_id = votes.customer_id
    where keepers.part_rank = 1
),

first_records as (
    select
        component,
        record_key,
        row_number() over (partition by component order by first_seen_at, record_key) as seniority
    from clusters
),

-- A record may have given its name to an id that now belongs to another part: number the next.
seed_uses as (
    select seed_record_key, count(*) as uses_count
    from issued
    group by seed_record_key
),

named as (
    select
        first_records.component,
        coalesce(
            survivors.customer_id,
            {{ hash_uuid(
                "'customer:' || first_records.record_key || ':' || cast(coalesce(seed_uses.uses_count, 0) as "
                ~ dbt.type_string() ~ ")"
            ) }}
        ) as customer_id,
        coalesce(issued.seed_record_key, first_records.record_key) as seed_record_key
    from first_records
    left join survivors
        on first_records.component = survivors.component and survivors.id_rank = 1
    left join issued on survivors.customer_id = issued.customer_id
    left join seed_uses on first_records.record_key = seed_uses.seed_record_key
    where first_records.seniority = 1
),

next_sequence as (
    select coalesce(max(sequence), 0) + 1 as sequence from ledger
),

changed as (
    select
        clusters.record_key,
        named.customer_id,
        named.seed_record_key,
        {{ as_of() }} as assigned_at,
        next_sequence.sequence
    from clusters
    inner join named on clusters.component = named.component
    cross join next_sequence
    left join previous on clusters.record_key = previous.record_key
    where previous.customer_id is null or previous.customer_id <> named.customer_id
)

select {{ columns | join(', ') }}
from changed
union all
select {{ columns | join(', ') }}
from ledger
where {{ 'false' if is_incremental() else 'true' }}

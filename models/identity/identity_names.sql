{{ config(materialized='table') }}

with records as (select * from {{ ref('identity_touched_records') }}),

entities as (select * from {{ ref('identity_entities') }}),

nicknames as (select * from {{ ref('nicknames') }}),

-- A contact's or an account's own name says more than the name on a parcel.
named as (
    select
        entities.component as entity,
        records.record_key,
        records.given_name,
        records.last_name_key,
        records.birth_date,
        records.observed_at,
        case records.source_table
            when 'crm.contacts' then 1
            when 'shop.customers' then 2
            when 'web.users' then 3
            when 'web.identify' then 4
            else 5
        end as trust_rank
    from records
    inner join entities on records.record_key = entities.node
),

ranked as (
    select
        entity,
        given_name,
        last_name_key,
        row_number() over (
            partition by entity
            order by
                case when given_name is null then 1 else 0 end,
                trust_rank,
                observed_at,
                record_key
        ) as name_rank,
        first_value(birth_date) over (
            partition by entity
            order by
                case when birth_date is null then 1 else 0 end,
                trust_rank,
                observed_at,
                record_key
        ) as known_birth_date,
        min(observed_at) over (partition by entity) as first_seen_at,
        min(record_key) over (partition by entity) as first_record_key
    from named
)

select
    ranked.entity,
    ranked.given_name as first_name,
    ranked.last_name_key as last_name,
    coalesce(nicknames.canonical_name, split_part(ranked.last_name_key, ' ', 1)) as turned_name,
    ranked.known_birth_date as birth_date,
    ranked.first_seen_at,
    ranked.first_record_key
from ranked
left join nicknames on split_part(ranked.last_name_key, ' ', 1) = nicknames.name
where ranked.name_rank = 1

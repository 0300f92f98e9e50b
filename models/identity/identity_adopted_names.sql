{{ config(materialized='whole') }}

{%- set seniority -%}
    cast(names.first_seen_at as {{ dbt.type_string() }}) || ' ' || names.entity
{%- endset %}

with holders as {{ inline_cte() }} (select * from {{ ref('identity_holders') }}),

names as {{ inline_cte() }} (select * from {{ ref('identity_names') }}),

entities as (select * from {{ ref('identity_entities') }}),

usable as (select * from {{ ref('identity_usable_identifiers') }}),

nameless as (
    select
        holders.entity,
        holders.identifier_type,
        holders.identifier_value,
        holders.trust_rank,
        holders.first_seen_at
    from holders
    inner join names on holders.entity = names.entity
    where names.first_name is null
),

wanted as (
    select identifier_type, identifier_value
    from nameless
    group by identifier_type, identifier_value
),

named as (
    select
        holders.identifier_type,
        holders.identifier_value,
        names.entity,
        names.first_name,
        names.further_names,
        names.turned_name,
        names.name_suffix,
        names.birth_date,
        names.gender,
        {{ seniority }} as seniority
    from holders
    inner join names on holders.entity = names.entity
    inner join wanted
        on holders.identifier_type = wanted.identifier_type
        and holders.identifier_value = wanted.identifier_value
    where names.first_name is not null
),

owners as (
    select
        named.identifier_type,
        named.identifier_value,
        {{ first_by('named.entity', 'named.seniority') }} as entity,
        coalesce(min(named.first_name) <> max(named.first_name), false)
        or coalesce(min(named.further_names) <> max(named.further_names), false)
        or coalesce(min(named.name_suffix) <> max(named.name_suffix), false)
        or coalesce(min(named.birth_date) <> max(named.birth_date), false) as has_others
    from named
    group by named.identifier_type, named.identifier_value
),

-- A value that several people hold does not tell whose a nameless record is.
contested as (
    select
        owners.identifier_type,
        owners.identifier_value
    from owners
    inner join names as owner on owners.entity = owner.entity
    inner join named as other
        on owners.identifier_type = other.identifier_type
        and owners.identifier_value = other.identifier_value
    where owners.has_others and {{ contradict('owner', 'other') }}
    group by owners.identifier_type, owners.identifier_value
),

-- Whoever has a key, or an address that bears no name, may be another of a phone's household.
with_more as (
    select nameless.entity
    from nameless
    inner join entities on nameless.entity = entities.component
    inner join usable on entities.node = usable.record_key
    left join owners
        on usable.identifier_type = owners.identifier_type
        and usable.identifier_value = owners.identifier_value
    where
        nameless.identifier_type = 'phone'
        and (usable.is_strong or (usable.identifier_type = 'email' and owners.entity is null))
    group by nameless.entity
),

offers as (
    select
        nameless.entity,
        owners.entity as adopted_from,
        nameless.identifier_type,
        nameless.identifier_value,
        row_number() over (
            partition by nameless.entity
            order by nameless.trust_rank, nameless.first_seen_at, nameless.identifier_value
        ) as offer_rank
    from nameless
    inner join owners
        on nameless.identifier_type = owners.identifier_type
        and nameless.identifier_value = owners.identifier_value
    left join contested
        on nameless.identifier_type = contested.identifier_type
        and nameless.identifier_value = contested.identifier_value
    left join with_more on nameless.entity = with_more.entity
    where
        contested.identifier_value is null
        and (nameless.identifier_type <> 'phone' or with_more.entity is null)
)

select
    offers.entity,
    offers.adopted_from,
    offers.identifier_type,
    offers.identifier_value,
    names.first_name,
    names.further_names,
    names.last_name,
    names.turned_name,
    names.name_suffix,
    names.birth_date,
    names.gender
from offers
inner join names on offers.adopted_from = names.entity
where offers.offer_rank = 1

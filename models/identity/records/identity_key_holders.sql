with
    identifiers as (
        select value_id, record_id, identifier_type, identifier_value
        from {{ ref('identity_record_values') }}
        where value_id is not null
        group by value_id, record_id, identifier_type, identifier_value
    ),

    records as (select * from {{ ref('identity_records') }}),

    limits as (select * from {{ ref('identifier_limits') }} where is_strong),

    blocked_values as (select * from {{ ref('identity_blocked_values') }}),

    nicknames as (select * from {{ ref('nicknames') }}),

    -- Where an account's parcels go is not where its holder lives.
    held as (
        select
            identifiers.value_id,
            records.record_id,
            records.given_name as first_name,
            {{ further_names('records.first_name_key') }} as further_names,
            records.last_name_key,
            records.gender,
            records.email_key,
            records.phone,
            case
                when records.names_its_person
                then
                    records.street_key || ' ' || coalesce(records.postal_code_key, records.city_key)
            end as place,
            case
                when records.source_table = 'shop.customers'
                then 1
                when records.record_key = 'crm.contacts:' || identifiers.identifier_value
                then 1
                else 0
            end as is_own
        from identifiers
        inner join limits on identifiers.identifier_type = limits.identifier_type
        inner join records on identifiers.record_id = records.record_id
        left join blocked_values on identifiers.value_id = blocked_values.value_id
        where records.given_name is not null and blocked_values.value_id is null
    ),

    disputed as (
        select value_id
        from held
        group by value_id
        having
            min(first_name) <> max(first_name)
            and (min(email_key) <> max(email_key) or min(place) <> max(place))
    )

select
    held.value_id,
    held.record_id,
    min(held.record_id) over what_is_said as person,
    max(held.is_own) over what_is_said = 1 as is_owner,
    count(*) over what_is_said as records_count,
    held.first_name,
    held.further_names,
    coalesce(nicknames.canonical_name, split_part(held.last_name_key, ' ', 1)) as turned_name,
    held.gender,
    held.email_key,
    held.phone,
    held.place
from held
inner join disputed on held.value_id = disputed.value_id
left join nicknames on split_part(held.last_name_key, ' ', 1) = nicknames.name
window
    what_is_said as (
        partition by
            held.value_id,
            held.first_name,
            held.further_names,
            held.last_name_key,
            held.gender,
            held.email_key,
            held.phone,
            held.place
    )

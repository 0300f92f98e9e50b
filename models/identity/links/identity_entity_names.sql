with
    records as (select * from {{ ref('identity_records') }}),

    entities as (
        select *
        from {{ ref('identity_entities') }}
        where
            component in (select holders.entity from {{ ref('identity_value_holders') }} as holders)
    ),

    nicknames as (select * from {{ ref('nicknames') }}),

    no_birth_dates as (
        select * from {{ ref('blocked_identifiers') }} where identifier_type = 'birth_date'
    ),

    -- A contact's or an account's own name says more than the name on a parcel; then the oldest
    -- counts.
    ranked as (
        select
            entities.component as entity,
            records.record_id,
            records.source_table,
            records.given_name,
            case when no_birth_dates.pattern is null then records.birth_date end as birth_date,
            records.gender,
            records.observed_at,
            row_number() over (
                partition by entities.component
                order by
                    case
                        records.source_table
                        when 'crm.contacts'
                        then 1
                        when 'shop.customers'
                        then 2
                        when 'web.users'
                        then 3
                        when 'web.identify'
                        then 4
                        else 5
                    end,
                    records.observed_at nulls last,
                    records.record_id
            ) as seniority
        from records
        inner join entities on records.record_id = entities.node
        left join no_birth_dates on records.birth_date_key = no_birth_dates.pattern
    ),

    summed as (
        select
            entity,
            coalesce(
                min(case when given_name is not null then seniority end), min(seniority)
            ) as naming_seniority,
            {{ first_by('birth_date', 'case when birth_date is not null then seniority end') }}
            as birth_date,
            {{ first_by('gender', 'case when gender is not null then seniority end') }} as gender,
            min(observed_at) as first_seen_at,
            max(
                case
                    when source_table in ('crm.consents', 'crm.surveys', 'email.clicks')
                    then 0
                    else 1
                end
            ) as has_more
        from ranked
        group by entity
    )

select
    summed.entity,
    records.given_name as first_name,
    {{ further_names('records.first_name_key') }} as further_names,
    records.last_name_key as last_name,
    coalesce(nicknames.canonical_name, split_part(records.last_name_key, ' ', 1)) as turned_name,
    records.name_suffix,
    summed.birth_date,
    summed.gender,
    summed.first_seen_at,
    summed.has_more = 0 as is_mailbox
from summed
inner join ranked on summed.entity = ranked.entity and summed.naming_seniority = ranked.seniority
inner join records on ranked.record_id = records.record_id
left join nicknames on split_part(records.last_name_key, ' ', 1) = nicknames.name

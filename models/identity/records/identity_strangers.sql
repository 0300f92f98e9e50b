with
    identifiers as (select * from {{ ref('identity_record_values') }} where value_id is not null),

    records as (
        select
            *,
            last_name_key as last_name,
            street_key || ' ' || coalesce(postal_code_key, city_key) as place
        from {{ ref('identity_records') }}
        where given_name is not null and names_its_person
    ),

    limits as (select * from {{ ref('identifier_limits') }} where max_unrelated is not null),

    -- What is over the limit of people anyhow need not be looked at, however many names it has.
    suspects as (
        select
            identifiers.value_id,
            limits.max_unrelated,
            count(distinct records.record_id) as named_records_count
        from identifiers
        inner join limits on identifiers.identifier_type = limits.identifier_type
        inner join records on identifiers.record_id = records.record_id
        group by identifiers.value_id, limits.max_unrelated, limits.max_people
        having
            min(records.given_name) <> max(records.given_name)
            and count(distinct records.given_name) > limits.max_unrelated
            and count(distinct records.last_name) > limits.max_unrelated
            and coalesce(count(distinct records.given_name) <= limits.max_people, true)
    ),

    holders as (
        select
            suspects.value_id,
            records.given_name,
            records.last_name,
            records.place,
            count(distinct records.record_id) as records_count
        from suspects
        inner join identifiers on suspects.value_id = identifiers.value_id
        inner join records on identifiers.record_id = records.record_id
        where records.last_name is not null
        group by suspects.value_id, records.given_name, records.last_name, records.place
    ),

    -- A value of which most records bear one name has an owner, who may have sent gifts to others.
    owned as (
        select suspects.value_id
        from suspects
        inner join holders on suspects.value_id = holders.value_id
        group by suspects.value_id, suspects.named_records_count, holders.given_name
        having sum(holders.records_count) * 2 > suspects.named_records_count
    ),

    -- Whoever has something in common with a holder before (in order of name) is no further
    -- stranger.
    acquainted as (
        select one.value_id, one.given_name, one.last_name
        from holders as one
        inner join holders as other on one.value_id = other.value_id
        where
            (
                other.given_name < one.given_name
                or (other.given_name = one.given_name and other.last_name < one.last_name)
            )
            and (
                {{ alike('one.given_name', 'other.given_name') }}
                or {{ alike('one.last_name', 'other.last_name') }}
                or (one.given_name = other.last_name and one.last_name = other.given_name)
                or coalesce(one.place = other.place, false)
            )
        group by one.value_id, one.given_name, one.last_name
    ),

    people as (
        select value_id, given_name, last_name from holders group by value_id, given_name, last_name
    )

select people.value_id, count(*) as strangers_count
from people
inner join suspects on people.value_id = suspects.value_id
left join owned on people.value_id = owned.value_id
left join
    acquainted
    on people.value_id = acquainted.value_id
    and people.given_name = acquainted.given_name
    and people.last_name = acquainted.last_name
where acquainted.value_id is null and owned.value_id is null
group by people.value_id, suspects.max_unrelated
having count(*) > suspects.max_unrelated

with
    identifiers as (select * from {{ ref('identity_record_values') }} where value_id is not null),

    records as (select * from {{ ref('identity_records') }}),

    strangers as (select * from {{ ref('identity_strangers') }}),

    limits as (select * from {{ ref('identifier_limits') }}),

    patterns as (select * from {{ ref('blocked_identifiers') }}),

    names as (select * from records where given_name is not null and names_its_person),

    -- No value with one given name on few records is over a limit: most need no closer look.
    spread as (
        select
            identifiers.value_id,
            min(identifiers.identifier_type) as identifier_type,
            min(identifiers.identifier_value) as identifier_value,
            count(*) as uses_count,
            coalesce(min(names.given_name) <> max(names.given_name), false) as has_other_names
        from identifiers
        left join names on identifiers.record_id = names.record_id
        group by identifiers.value_id
    ),

    -- An account may send to anybody, and its holder have several addresses: only whoever comes
    -- with both a name and an address of their own is somebody else.
    keys as (
        select
            spread.value_id,
            limits.max_people,
            least(
                count(distinct records.given_name), count(distinct records.email_key)
            ) as people_count
        from spread
        inner join limits on spread.identifier_type = limits.identifier_type
        inner join identifiers on spread.value_id = identifiers.value_id
        inner join records on identifiers.record_id = records.record_id
        where limits.is_strong and spread.uses_count > limits.max_people
        group by spread.value_id, limits.max_people
    ),

    blocked as (
        select spread.value_id, min(patterns.why) as blocked_why
        from spread
        inner join
            patterns
            on spread.identifier_type = patterns.identifier_type
            and spread.identifier_value like patterns.pattern
        group by spread.value_id
    ),

    suspects as (
        select
            spread.value_id,
            blocked.blocked_why,
            case
                when keys.people_count > keys.max_people then keys.people_count
            end as key_users_count
        from spread
        inner join limits on spread.identifier_type = limits.identifier_type
        left join keys on spread.value_id = keys.value_id
        left join blocked on spread.value_id = blocked.value_id
        where
            (spread.has_other_names and not limits.is_strong)
            or coalesce(spread.uses_count > limits.max_records, false)
            or keys.people_count > keys.max_people
            or blocked.value_id is not null
    ),

    usage as (
        select
            suspects.value_id,
            min(identifiers.identifier_type) as identifier_type,
            min(identifiers.identifier_value) as identifier_value,
            min(suspects.blocked_why) as blocked_why,
            count(distinct identifiers.record_id) as records_count,
            coalesce(
                max(suspects.key_users_count), count(distinct names.given_name)
            ) as people_count
        from suspects
        inner join identifiers on suspects.value_id = identifiers.value_id
        left join names on identifiers.record_id = names.record_id
        group by suspects.value_id
    ),

    judged as (
        select
            usage.*,
            case
                when usage.blocked_why is not null
                then 'blocked'
                when usage.people_count > limits.max_people
                then 'too_many_people'
                when usage.records_count > limits.max_records
                then 'too_many_records'
                when strangers.value_id is not null
                then 'unrelated_names'
            end as reason,
            coalesce(usage.blocked_why, limits.why) as why
        from usage
        inner join limits on usage.identifier_type = limits.identifier_type
        left join strangers on usage.value_id = strangers.value_id
    )

select value_id, identifier_type, identifier_value, reason, why, records_count, people_count
from judged
where reason is not null

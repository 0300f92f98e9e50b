with usage as (select * from {{ ref('identity_value_usage') }}),

strangers as (select * from {{ ref('identity_strangers') }}),

limits as (select * from {{ ref('identifier_limits') }}),

judged as (
    select
        usage.*,
        case
            when usage.blocked_why is not null then 'blocked'
            when usage.people_count > limits.max_people then 'too_many_people'
            when usage.records_count > limits.max_records then 'too_many_records'
            when strangers.value_id is not null then 'unrelated_names'
        end as reason,
        coalesce(usage.blocked_why, limits.why) as why
    from usage
    inner join limits on usage.identifier_type = limits.identifier_type
    left join strangers on usage.value_id = strangers.value_id
)

select
    value_id,
    identifier_type,
    identifier_value,
    reason,
    why,
    records_count,
    people_count
from judged
where reason is not null

with
    holders as (select * from {{ ref('identity_key_holders') }}),

    identifiers as (
        select value_id, record_id
        from {{ ref('identity_record_values') }}
        where value_id is not null
        group by value_id, record_id
    ),

    -- Records that say the same of their person are compared once, under the first of them.
    people as (select * from holders where record_id = person),

    -- A maiden name and a new address are the same person's; another given name is not.
    apart as (
        select one.value_id, one.person, other.person as other_person, other.records_count
        from people as one
        inner join people as other on one.value_id = other.value_id and one.person <> other.person
        where
            (one.email_key <> other.email_key or one.place <> other.place)
            and not coalesce(one.email_key = other.email_key, false)
            and not coalesce(one.phone = other.phone, false)
            and not coalesce(one.place = other.place, false)
            and not {{ same_given_name('one', 'other') }}
    ),

    standing as (
        select
            people.value_id,
            people.person,
            people.is_owner,
            coalesce(sum(apart.records_count), 0) as others_count
        from people
        left join apart on people.value_id = apart.value_id and people.person = apart.person
        where people.value_id in (select apart.value_id from apart)
        group by people.value_id, people.person, people.is_owner
    ),

    ranked as (
        select
            standing.*,
            row_number() over (
                partition by standing.value_id
                order by
                    case when standing.is_owner then 0 else 1 end,
                    standing.others_count,
                    standing.person
            ) as place
        from standing
    ),

    sizes as (select value_id, count(*) as records_count from holders group by value_id),

    -- A key is its own account's or contact's; without that, the person's who has most of it.
    owned as (
        select ranked.value_id, ranked.person
        from ranked
        inner join sizes on ranked.value_id = sizes.value_id
        where
            ranked.place = 1 and (ranked.is_owner or ranked.others_count * 2 < sizes.records_count)
    )

select holders.record_id, holders.value_id, owned.person as owner_record_id
from holders
inner join apart on holders.value_id = apart.value_id and holders.person = apart.person
inner join owned on apart.value_id = owned.value_id and apart.other_person = owned.person

union all

-- A key that is nobody's more than another's tells of nobody.
select identifiers.record_id, identifiers.value_id, cast(null as bigint) as owner_record_id
from identifiers
inner join
    (select value_id from standing group by value_id) as disputed
    on identifiers.value_id = disputed.value_id
left join owned on identifiers.value_id = owned.value_id
where owned.value_id is null

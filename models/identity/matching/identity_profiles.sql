with
    records as (select * from {{ ref('identity_records') }}),

    clusters as (select * from {{ ref('identity_linked_clusters') }}),

    no_birth_dates as (
        select * from {{ ref('blocked_identifiers') }} where identifier_type = 'birth_date'
    ),

    blocked_values as (select * from {{ ref('identity_blocked_values') }}),

    -- A bare name is nothing to go by.
    told as (
        select
            records.*,
            clusters.cluster,
            case when no_birth_dates.pattern is null then records.birth_date_key end as birth_key
        from records
        inner join clusters on records.record_id = clusters.record_id
        left join no_birth_dates on records.birth_date_key = no_birth_dates.pattern
        where
            records.names_its_person
            and coalesce(records.first_name_key, records.last_name_key, records.birth_date_key)
            is not null
            and coalesce(
                records.birth_date_key,
                records.street_key,
                records.city_key,
                records.postal_code_key,
                records.email_key,
                records.phone
            )
            is not null
    ),

    -- A birth date, gender, suffix or country that one record of a cluster tells holds for all of
    -- it.
    traits as (
        select
            cluster,
            min(birth_key) as birth_key,
            min(gender) as gender,
            min(name_suffix) as name_suffix,
            min(country) as country
        from told
        group by cluster
    ),

    known as (
        select
            told.record_id,
            told.cluster,
            told.first_name_key as first_names,
            told.last_name_key as last_names,
            replace(told.first_name_key, ' ', '') as first_name,
            replace(told.last_name_key, ' ', '') as last_name,
            replace(told.given_name, ' ', '') as given_name,
            coalesce(told.name_suffix, traits.name_suffix) as name_suffix,
            coalesce(told.birth_key, traits.birth_key) as birth_date_key,
            coalesce(told.gender, traits.gender) as gender,
            replace(told.street_key, ' ', '') as street,
            {{ house_number('told.street_key') }} as house_number,
            {{ street_name('told.street_key') }} as street_name,
            replace(told.city_key, ' ', '') as city,
            told.postal_code_key as postal_code,
            case when blocked_emails.value_id is null then told.email_key end as email,
            case
                when blocked_emails.value_id is null then split_part(told.email_key, '@', 1)
            end as email_local_part,
            case when blocked_phones.value_id is null then told.phone end as phone,
            coalesce(told.country, traits.country) as country
        from told
        left join traits on told.cluster = traits.cluster
        left join
            blocked_values as blocked_emails
            on blocked_emails.identifier_type = 'email'
            and told.email_key = blocked_emails.identifier_value
        left join
            blocked_values as blocked_phones
            on blocked_phones.identifier_type = 'phone'
            and told.phone = blocked_phones.identifier_value
    ),

    numbered as (select *, {{ profile_content() }} as content from known),

    -- Records of one cluster that say the same are compared once.
    firsts as (
        select min(record_id) as record_id, min(country) as country
        from numbered
        group by cluster, content
    )

select
    numbered.record_id as profile_id,
    numbered.cluster,
    numbered.content,
    numbered.first_names,
    numbered.last_names,
    numbered.first_name,
    numbered.last_name,
    numbered.given_name,
    least(coalesce(numbered.given_name, ''), coalesce(numbered.last_name, '')) as name_low,
    greatest(coalesce(numbered.given_name, ''), coalesce(numbered.last_name, '')) as name_high,
    numbered.name_suffix,
    numbered.birth_date_key,
    numbered.gender,
    numbered.street,
    numbered.house_number,
    numbered.street_name,
    numbered.city,
    numbered.postal_code,
    numbered.email,
    numbered.email_local_part,
    numbered.phone,
    firsts.country
from numbered
inner join firsts on numbered.record_id = firsts.record_id

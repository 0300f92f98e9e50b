{{ config(materialized='scoped', replaces=[['record_key', 'identity_touched']]) }}

-- depends_on: {{ ref('identity_profiles_before') }}

{#- The number behind a street ("hauptstrasse 12 a", "rua augusta 1500 apt 4") and what follows. -#}
{%- set number_behind =
    ' ([0-9]+)(?: ?[a-z])?(?: [0-9]+(?: ?[a-z])?)*'
    ~ '(?: (?:bis|ter|apt|ste|unit|top|whg|stiege|piso|esc|int|bus|et|og|fl)(?: .*)?)?$'
%}

with records as (select * from {{ ref('identity_touched_records') }}),

clusters as (select * from {{ ref('identity_linked_clusters') }}),

no_birth_dates as (
    select * from {{ ref('blocked_identifiers') }}
    where identifier_type = 'birth_date'
),

blocked_values as (select * from {{ ref('identity_blocked_values') }}),

told as (
    select
        records.*,
        clusters.cluster,
        case when no_birth_dates.pattern is null then records.birth_date_key end as birth_key
    from records
    inner join clusters on records.record_key = clusters.record_key
    left join no_birth_dates on records.birth_date_key = no_birth_dates.pattern
    where
        records.names_its_person
        and coalesce(records.first_name_key, records.last_name_key, records.birth_date_key)
        is not null
        -- A bare name is nothing to go by.
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

-- A birth date, gender, suffix or country that one record of a cluster tells holds for all of it.
traits as (
    select
        cluster,
        min(birth_key) as birth_key,
        min(gender) as gender,
        min(name_suffix) as name_suffix,
        min(country) as country
    from told
    where
        birth_key is not null
        or gender is not null
        or name_suffix is not null
        or country is not null
    group by cluster
),

known as (
    select
        told.record_key,
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
        coalesce(
            {{ regex_extract('told.street_key', '^([0-9]+)', 1) }},
            {{ regex_extract('told.street_key', number_behind, 1) }}
        ) as house_number,
        replace(
            case
                when {{ regex_extract('told.street_key', '^[0-9]', 0) }} is null
                    then {{ regex_replace('told.street_key', number_behind, '') }}
                else {{ regex_replace('told.street_key', '^[0-9]+', '') }}
            end,
            ' ',
            ''
        ) as street_name,
        replace(told.city_key, ' ', '') as city,
        told.postal_code_key as postal_code,
        case when blocked_emails.identifier_value is null then told.email_key end as email,
        case when blocked_phones.identifier_value is null then told.phone end as phone,
        coalesce(told.country, traits.country) as country
    from told
    left join traits on told.cluster = traits.cluster
    left join blocked_values as blocked_emails
        on blocked_emails.identifier_type = 'email'
        and told.email_key = blocked_emails.identifier_value
    left join blocked_values as blocked_phones
        on blocked_phones.identifier_type = 'phone'
        and told.phone = blocked_phones.identifier_value
),

-- Records of one cluster that say the same are compared once.
profiles as (
    select
        min(record_key) as record_key,
        cluster,
        first_names,
        last_names,
        first_name,
        last_name,
        given_name,
        name_suffix,
        birth_date_key,
        gender,
        street,
        house_number,
        street_name,
        city,
        postal_code,
        email,
        phone,
        min(country) as country
    from known
    group by
        cluster,
        first_names,
        last_names,
        first_name,
        last_name,
        given_name,
        name_suffix,
        birth_date_key,
        gender,
        street,
        house_number,
        street_name,
        city,
        postal_code,
        email,
        phone
)

select
    {{ text_number('record_key') }} as profile_id,
    record_key,
    cluster,
    first_names,
    last_names,
    first_name,
    last_name,
    given_name,
    least(coalesce(given_name, ''), coalesce(last_name, '')) as name_low,
    greatest(coalesce(given_name, ''), coalesce(last_name, '')) as name_high,
    name_suffix,
    birth_date_key,
    gender,
    street,
    house_number,
    street_name,
    city,
    postal_code,
    email,
    split_part(email, '@', 1) as email_local_part,
    phone,
    country
from profiles

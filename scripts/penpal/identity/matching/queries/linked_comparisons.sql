-- How pairs of profiles of one deterministic cluster agree. What a profile has from its cluster
-- says nothing about how its records agree.
with profiles as (
    select
        profiles.profile_id,
        profiles.first_names,
        profiles.last_names,
        profiles.first_name,
        profiles.last_name,
        profiles.given_name,
        records.name_suffix,
        records.birth_date_key,
        records.gender,
        profiles.street,
        profiles.house_number,
        profiles.street_name,
        profiles.city,
        profiles.postal_code,
        profiles.email,
        profiles.email_local_part,
        profiles.phone
    from {{ ref('identity_profiles') }} as profiles
    inner join {{ ref('identity_records') }} as records on profiles.profile_id = records.record_id
),

pairs as (
    select * from {{ ref('identity_candidates') }}
    where is_linked
),

compared as (
    {{ compare_profiles('pairs') | indent(4) }}
)

select
    profile_a,
    profile_b,
    {{ comparisons() | join('_level,\n    ') }}_level
from compared

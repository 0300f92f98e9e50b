{{ config(materialized='view') }}

with all_profiles as (select * from {{ ref('identity_profiles') }}),

records as (select * from {{ ref('identity_records') }}),

blocks as (select * from {{ ref('identity_blocks') }}),

-- What a profile has from its cluster says nothing about how its records agree.
profiles as (
    select
        all_profiles.profile_id,
        all_profiles.record_key,
        all_profiles.cluster,
        all_profiles.first_names,
        all_profiles.last_names,
        all_profiles.first_name,
        all_profiles.last_name,
        all_profiles.given_name,
        records.name_suffix,
        records.birth_date_key,
        records.gender,
        all_profiles.street,
        all_profiles.house_number,
        all_profiles.street_name,
        all_profiles.city,
        all_profiles.postal_code,
        all_profiles.email,
        all_profiles.email_local_part,
        all_profiles.phone
    from all_profiles
    inner join records on all_profiles.record_key = records.record_key
),

clustered_blocks as (
    select
        blocks.block,
        blocks.profile_id,
        profiles.cluster
    from blocks
    inner join profiles on blocks.profile_id = profiles.profile_id
),

pairs as (
    select
        one.profile_id as profile_a,
        other.profile_id as profile_b
    from clustered_blocks as one
    inner join clustered_blocks as other
        on one.block = other.block
        and one.cluster = other.cluster
        and one.profile_id < other.profile_id
    group by one.profile_id, other.profile_id
),

compared as (
    {{ compare_profiles('pairs') | indent(4) }}
)

select
    profile_a,
    profile_b,
    {{ comparisons() | join('_level,\n    ') }}_level
from compared

{{ config(materialized='view') }}

{%- set sample_size = 1000000 %}

with profiles as (select * from {{ ref('identity_profiles') }}),

size as (select count(*) as profiles_count from profiles),

-- Each profile with so many others, by a rule that any engine draws alike.
drawn as (
    select
        one.profile_id as profile_a,
        1 + (one.profile_id * 7919 + other.profile_id * 104729) % size.profiles_count as profile_b
    from profiles as one
    cross join size
    inner join profiles as other
        on other.profile_id <= {{ sample_size }}.0 / size.profiles_count + 1
    where one.profile_id <= {{ sample_size }}
),

pairs as (
    select
        profile_a,
        profile_b
    from drawn
    where profile_a < profile_b
    group by profile_a, profile_b
),

compared as (
    {{ compare_profiles('pairs') | indent(4) }}
)

select
    profile_a,
    profile_b,
    {{ comparisons() | join('_level,\n    ') }}_level
from compared

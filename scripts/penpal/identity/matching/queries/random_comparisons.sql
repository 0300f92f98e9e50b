-- How pairs of profiles drawn at random agree: by a rule that any engine draws alike, so that the
-- same data give the same weights.
{%- set sample_size = 1000000 %}

with profiles as (select * from {{ ref('identity_profiles') }}),

numbered as (
    select
        profile_id,
        cluster,
        row_number() over (order by profile_id) as place
    from profiles
),

size as (select count(*) as profiles_count from profiles),

drawn as (
    select
        one.place as place_a,
        1 + (one.place * 7919 + other.place * 104729) % size.profiles_count as place_b
    from numbered as one
    cross join size
    inner join numbered as other on other.place <= {{ sample_size }}.0 / size.profiles_count + 1
    where one.place <= {{ sample_size }}
),

pairs as (
    select
        one.profile_id as profile_a,
        other.profile_id as profile_b
    from drawn
    inner join numbered as one on drawn.place_a = one.place
    inner join numbered as other on drawn.place_b = other.place
    where drawn.place_a < drawn.place_b and one.cluster <> other.cluster
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

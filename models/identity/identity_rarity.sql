{{ config(
    materialized='scoped',
    replaces=[['profile_id', 'identity_restated_profiles'], ['profile_id', 'identity_profile_changes']],
) }}

with all_profiles as (select * from {{ ref('identity_profiles') }}),

restated as (select * from {{ ref('identity_restated_profiles') }}),

shares as (
    select level as term, u_probability as share
    from {{ ref('match_weights') }}
    where comparison = 'term'
),

size as (select count(*) as profiles_count from all_profiles),

profiles as (
    select all_profiles.*
    from all_profiles
    inner join restated on all_profiles.profile_id = restated.profile_id
),
{%- for term, column in profile_terms().items() %}

    {{ term }}_values as (
        select {{ column }} as value
        from profiles
        where {{ column }} is not null
        group by {{ column }}
    ),

    {{ term }}_rarity as (
        select
            {{ term }}_values.value,
            {{ rarity_bits('count(*)', 'max(size.profiles_count)', 'max(shares.share)') }} as bits
        from all_profiles
        inner join {{ term }}_values on all_profiles.{{ column }} = {{ term }}_values.value
        cross join size
        inner join shares on shares.term = '{{ term }}'
        group by {{ term }}_values.value
    ){{ ',' if not loop.last }}
{%- endfor %}

select
    {%- for term in profile_terms() %}
        {{ term }}_rarity.bits as {{ term }}_bits,
    {%- endfor %}
    profiles.profile_id
from profiles
{%- for term, column in profile_terms().items() %}
left join {{ term }}_rarity on profiles.{{ column }} = {{ term }}_rarity.value
{%- endfor %}

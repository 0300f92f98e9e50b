{{ config(
    materialized='scoped',
    replaces=[['profile_id', 'identity_restated_profiles'], ['profile_id', 'identity_profile_changes']],
) }}

-- depends_on: {{ ref('identity_restated_profiles') }}
with all_profiles as {{ inline_cte() }} (select * from {{ ref('identity_profiles') }}),

shares as (
    select level as term, u_probability as share
    from {{ ref('match_weights') }}
    where comparison = 'term'
),

size as (select count(*) as profiles_count from all_profiles),

country_sizes as (
    select
        country,
        count(*) as profiles_count
    from all_profiles
    where country is not null
    group by country
),

profiles as (
    select all_profiles.*
    from all_profiles
    {%- if not run_is_full() %}
        inner join {{ ref('identity_restated_profiles') }} as restated
            on all_profiles.profile_id = restated.profile_id
    {%- endif %}
),
{%- for term, column in profile_terms().items() %}

    {{ term }}_rarity as (
        select
            all_profiles.{{ column }} as value,
            {{ rarity_bits('count(*)', 'max(size.profiles_count)', 'max(shares.share)') }} as bits
        from all_profiles
        cross join size
        inner join shares on shares.term = '{{ term }}'
        where
            {%- if run_is_full() %}
                all_profiles.{{ column }} is not null
            {%- else %}
                all_profiles.{{ column }} in (select profiles.{{ column }} from profiles)
            {%- endif %}
        group by all_profiles.{{ column }}
    ),
{%- endfor %}
{%- for term in national_terms() %}
    {%- set column = profile_terms()[term] %}

    national_{{ term }}_rarity as (
        select
            all_profiles.country,
            all_profiles.{{ column }} as value,
            {{ rarity_bits('count(*)', 'max(country_sizes.profiles_count)', 'max(shares.share)') }}
                as bits
        from all_profiles
        inner join country_sizes on all_profiles.country = country_sizes.country
        inner join shares on shares.term = '{{ term }}'
        where
            {%- if run_is_full() %}
                all_profiles.{{ column }} is not null
            {%- else %}
                all_profiles.{{ column }} in (select profiles.{{ column }} from profiles)
            {%- endif %}
        group by all_profiles.country, all_profiles.{{ column }}
    ){{ ',' if not loop.last }}
{%- endfor %}

select
    {%- for term in profile_terms() %}
        {{ term }}_rarity.bits as {{ term }}_bits,
    {%- endfor %}
    {%- for term in national_terms() %}
        national_{{ term }}_rarity.bits as national_{{ term }}_bits,
    {%- endfor %}
    profiles.country,
    profiles.profile_id
from profiles
{%- for term, column in profile_terms().items() %}
left join {{ term }}_rarity on profiles.{{ column }} = {{ term }}_rarity.value
{%- endfor %}
{%- for term in national_terms() %}
    left join national_{{ term }}_rarity
        on profiles.country = national_{{ term }}_rarity.country
        and profiles.{{ profile_terms()[term] }} = national_{{ term }}_rarity.value
{%- endfor %}

with
    profiles as (select * from {{ ref('identity_profiles') }}),

    shares as (
        select level as term, u_probability as share
        from {{ ref('match_weights') }}
        where comparison = 'term'
    ),

    size as (select count(*) as profiles_count from profiles),

    country_sizes as (
        select country, count(*) as profiles_count
        from profiles
        where country is not null
        group by country
    ),
    {%- for term, column in profile_terms().items() %}

        {{ term }}_rarity as (
            select
                profiles.{{ column }} as value,
                {{ rarity_bits('count(*)', 'max(size.profiles_count)', 'max(shares.share)') }}
                as bits
            from profiles
            cross join size
            inner join shares on shares.term = '{{ term }}'
            where profiles.{{ column }} is not null
            group by profiles.{{ column }}
        ),
    {%- endfor %}
    {%- for term in national_terms() %}
        {%- set column = profile_terms()[term] %}

        national_{{ term }}_rarity as (
            select
                profiles.country,
                profiles.{{ column }} as value,
                {{ rarity_bits('count(*)', 'max(sizes.profiles_count)', 'max(shares.share)') }}
                as bits
            from profiles
            inner join country_sizes as sizes on profiles.country = sizes.country
            inner join shares on shares.term = '{{ term }}'
            where profiles.{{ column }} is not null
            group by profiles.country, profiles.{{ column }}
        ){{ ',' if not loop.last }}
    {%- endfor %}

select
    profiles.profile_id,
    profiles.country,
    {%- for term in profile_terms() %} {{ term }}_rarity.bits as {{ term }}_bits, {%- endfor %}
    {%- for term in national_terms() %}
        national_{{ term }}_rarity.bits as national_{{ term }}_bits{{ ',' if not loop.last }}
    {%- endfor %}
from profiles
{%- for term, column in profile_terms().items() %}
    left join {{ term }}_rarity on profiles.{{ column }} = {{ term }}_rarity.value
{%- endfor %}
{%- for term in national_terms() %}
    left join
        national_{{ term }}_rarity
        on profiles.country = national_{{ term }}_rarity.country
        and profiles.{{ profile_terms()[term] }} = national_{{ term }}_rarity.value
{%- endfor %}

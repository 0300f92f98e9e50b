{{ config(materialized='view_or_table') }}

{#- Rarity is a rounded count: most values have the same when a few profiles come or go. -#}
-- depends_on: {{ ref('identity_profiles') }}
-- depends_on: {{ ref('identity_profile_changes') }}
-- depends_on: {{ ref('match_weights') }}

{% if run_is_full() %}
    select
        profile_id,
        record_key
    from {{ ref('identity_profiles') }}
{% else %}
    with profiles as {{ inline_cte() }} (select * from {{ ref('identity_profiles') }}),

    changes as (select * from {{ ref('identity_profile_changes') }}),

    match_weights as (select * from {{ ref('match_weights') }}),

    growth as (select coalesce(sum(growth), 0) as growth from changes),

    size as (
        select
            count(*) as profiles_now,
            count(*) - max(growth.growth) as profiles_before
        from profiles
        cross join growth
    ),

    country_growth as (
        select country, sum(growth) as growth
        from changes
        where country is not null
        group by country
    ),

    country_sizes as (
        select
            profiles.country,
            count(*) as profiles_now,
            greatest(count(*) - max(coalesce(country_growth.growth, 0)), 1) as profiles_before
        from profiles
        left join country_growth on profiles.country = country_growth.country
        where profiles.country is not null
        group by profiles.country
    ),

    shares as (
        select level as term, u_probability as share
        from match_weights
        where comparison = 'term'
    ),
    {%- for term, column in profile_terms().items() %}

        {{ term }}_growth as (
            select {{ column }} as value, sum(growth) as growth
            from changes
            where {{ column }} is not null
            group by {{ column }}
            having sum(growth) <> 0
        ),

        {{ term }}_counts as (
            select
                {{ term }}_growth.value,
                count(*) as count_now,
                count(*) - max({{ term }}_growth.growth) as count_before
            from profiles
            inner join {{ term }}_growth on profiles.{{ column }} = {{ term }}_growth.value
            group by {{ term }}_growth.value
        ),

        {{ term }}_changes as (
            select {{ term }}_counts.value
            from {{ term }}_counts
            cross join size
            inner join shares on shares.term = '{{ term }}'
            where
                {{ term }}_counts.count_before > 0
                and {{ rarity_bits('count_now', 'profiles_now', 'share') }}
                <> {{ rarity_bits('count_before', 'profiles_before', 'share') }}
        ),
    {%- endfor %}
    {%- for term in national_terms() %}
        {%- set column = profile_terms()[term] %}

        national_{{ term }}_growth as (
            select country, {{ column }} as value, sum(growth) as growth
            from changes
            where country is not null and {{ column }} is not null
            group by country, {{ column }}
            having sum(growth) <> 0
        ),

        national_{{ term }}_counts as (
            select
                growth.country,
                growth.value,
                count(*) as count_now,
                count(*) - max(growth.growth) as count_before
            from profiles
            inner join national_{{ term }}_growth as growth
                on profiles.country = growth.country and profiles.{{ column }} = growth.value
            group by growth.country, growth.value
            having count(*) > max(growth.growth)
        ),

        national_{{ term }}_changes as (
            select counts.country, counts.value
            from national_{{ term }}_counts as counts
            inner join country_sizes on counts.country = country_sizes.country
            inner join shares on shares.term = '{{ term }}'
            where
                {{ rarity_bits('count_now', 'profiles_now', 'share') }}
                <> {{ rarity_bits('count_before', 'profiles_before', 'share') }}
        ),
    {%- endfor %}

    restated as (
        select
            profile_id,
            record_key
        from changes
        where growth > 0
        {%- for term, column in profile_terms().items() %}
            union
            select
                profiles.profile_id,
                profiles.record_key
            from profiles
            inner join {{ term }}_changes on profiles.{{ column }} = {{ term }}_changes.value
        {%- endfor %}
        {%- for term in national_terms() %}
            union
            select
                profiles.profile_id,
                profiles.record_key
            from profiles
            inner join national_{{ term }}_changes as name_changes
                on profiles.country = name_changes.country
                and profiles.{{ profile_terms()[term] }} = name_changes.value
        {%- endfor %}
        union
        select
            profiles.profile_id,
            profiles.record_key
        from profiles
        inner join country_sizes
            on profiles.country = country_sizes.country
            and {{ nearest_power_of_two('country_sizes.profiles_now') }}
            <> {{ nearest_power_of_two('country_sizes.profiles_before') }}
        union
        select
            profiles.profile_id,
            profiles.record_key
        from profiles
        inner join size
            on {{ nearest_power_of_two('size.profiles_now') }}
            <> {{ nearest_power_of_two('size.profiles_before') }}
    )

    select
        profile_id,
        record_key
    from restated
{% endif %}

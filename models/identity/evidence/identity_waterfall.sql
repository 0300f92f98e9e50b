{{ config(materialized='view') }}

{#- What is shown of a profile where its column is not named as the comparison is. -#}
{%- set values = {
    'first_name': 'first_names',
    'last_name': 'last_names',
    'birth_date': 'birth_date_key',
    'location': 'place',
} %}

with
    pairs as (select * from {{ ref('identity_pairs') }}),

    profiles as (
        select *, nullif(trim(coalesce(postal_code, '') || ' ' || coalesce(city, '')), '') as place
        from {{ ref('identity_profiles') }}
    ),

    steps as (
        select
            record_key_a,
            record_key_b,
            0 as step_number,
            'prior' as comparison,
            cast(null as {{ dbt.type_string() }}) as level,
            cast(null as {{ dbt.type_string() }}) as value_a,
            cast(null as {{ dbt.type_string() }}) as value_b,
            prior_weight as weight
        from pairs
        {%- for comparison in comparisons() %}
            union all
            select
                pairs.record_key_a,
                pairs.record_key_b,
                {{ loop.index }},
                '{{ comparison }}',
                pairs.{{ comparison }}_level,
                a.{{ values.get(comparison, comparison) }},
                b.{{ values.get(comparison, comparison) }},
                pairs.{{ comparison }}_weight
            from pairs
            inner join profiles as a on pairs.profile_a = a.profile_id
            inner join profiles as b on pairs.profile_b = b.profile_id
            {%- if comparison in ('location', 'city') %}
                where pairs.city_level is {{ 'not ' if comparison == 'city' }}null
            {%- endif %}
        {%- endfor %}
        union all
        select
            record_key_a,
            record_key_b,
            {{ comparisons() | length + 1 }},
            'household',
            null,
            null,
            null,
            household_weight
        from pairs
        union all
        select
            pairs.record_key_a,
            pairs.record_key_b,
            {{ comparisons() | length + 2 }},
            'contradiction',
            null,
            case when a.name_suffix <> b.name_suffix then a.name_suffix end,
            case when a.name_suffix <> b.name_suffix then b.name_suffix end,
            pairs.contradiction_weight
        from pairs
        inner join profiles as a on pairs.profile_a = a.profile_id
        inner join profiles as b on pairs.profile_b = b.profile_id
        where pairs.contradiction_weight < 0
        union all
        select
            record_key_a,
            record_key_b,
            {{ comparisons() | length + 3 }},
            'name_alone',
            null,
            null,
            null,
            name_alone_weight
        from pairs
        where name_alone_weight < 0
    )

select
    record_key_a,
    record_key_b,
    step_number,
    comparison,
    level,
    value_a,
    value_b,
    weight,
    round(
        sum(weight) over (partition by record_key_a, record_key_b order by step_number), 2
    ) as running_weight
from steps

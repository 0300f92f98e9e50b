{{ config(materialized='table') }}

{%- set rounds = 20 %}
{#- Typical shops speak with the weight of so many profiles, for shops too small to tell. -#}
{%- set typical_profiles = 200 %}
{%- set match_odds -%}
    power(2, {{ prior_bits('so_far.matches', 'so_far.profiles_count') }} + cells.match_evidence)
{%- endset %}
{%- set household_odds -%}
    power(2, {{ prior_bits('so_far.households', 'so_far.profiles_count') }} + cells.household_evidence)
{%- endset %}
{%- set all_odds -%}
    (1 + {{ match_odds }} + {{ household_odds }})
{%- endset %}

with cells as (select * from {{ ref('identity_prior_cells') }}),

profiles as (select count(*) as profiles_count from {{ ref('identity_profiles') }}),

typical as (
    select
        max(case when level = 'match' then m_probability end) as matches,
        max(case when level = 'household' then m_probability end) as households
    from {{ ref('match_weights') }}
    where comparison = 'prior'
),

round_0 as (
    select
        typical.matches as typical_matches,
        typical.households as typical_households,
        typical.matches,
        typical.households,
        profiles.profiles_count
    from typical
    cross join profiles
),
{%- for i in range(rounds) %}

    -- How many pairs are matches, and how many households, given how many there are. One query a
    -- round: Spark's analyzer gives up where queries are nested a hundred deep.
    round_{{ i + 1 }} as (
        select
            max(so_far.typical_matches) as typical_matches,
            max(so_far.typical_households) as typical_households,
            (
                coalesce(sum(cells.pairs_count * {{ match_odds }} / {{ all_odds }}), 0)
                + {{ typical_profiles }} * max(so_far.typical_matches)
            )
            / (max(so_far.profiles_count) + {{ typical_profiles }}) as matches,
            (
                coalesce(sum(cells.pairs_count * {{ household_odds }} / {{ all_odds }}), 0)
                + {{ typical_profiles }} * max(so_far.typical_households)
            )
            / (max(so_far.profiles_count) + {{ typical_profiles }}) as households,
            max(so_far.profiles_count) as profiles_count
        from round_{{ i }} as so_far
        left join cells on 1 = 1
    ),
{%- endfor %}

last_round as (select * from round_{{ rounds }})

-- In half bits, so that a few new records do not weigh every pair anew.
select
    round(2 * {{ prior_bits('matches', 'profiles_count') }}) / 2 as match_prior,
    round(2 * {{ prior_bits('households', 'profiles_count') }}) / 2 as household_prior,
    matches as matches_per_profile,
    households as households_per_profile,
    profiles_count
from last_round

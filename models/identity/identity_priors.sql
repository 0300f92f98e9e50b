{{ config(materialized='table') }}

{%- set rounds = 20 %}
{#- Typical shops speak with the weight of so many profiles, for shops too small to tell. -#}
{%- set typical_profiles = 200 %}

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

    -- Expectation: how many pairs are matches, and how many households, given how many there are.
    odds_{{ i }} as (
        select
            cells.pairs_count,
            power(2, {{ prior_bits('matches', 'profiles_count') }} + cells.match_evidence)
                as match_odds,
            power(2, {{ prior_bits('households', 'profiles_count') }} + cells.household_evidence)
                as household_odds
        from cells
        cross join round_{{ i }}
    ),

    expected_{{ i }} as (
        select
            coalesce(sum(pairs_count * match_odds / (1 + match_odds + household_odds)), 0)
                as match_pairs,
            coalesce(sum(pairs_count * household_odds / (1 + match_odds + household_odds)), 0)
                as household_pairs
        from odds_{{ i }}
    ),

    round_{{ i + 1 }} as (
        select
            round_{{ i }}.typical_matches,
            round_{{ i }}.typical_households,
            (
                expected_{{ i }}.match_pairs
                + {{ typical_profiles }} * round_{{ i }}.typical_matches
            )
            / (round_{{ i }}.profiles_count + {{ typical_profiles }}) as matches,
            (
                expected_{{ i }}.household_pairs
                + {{ typical_profiles }} * round_{{ i }}.typical_households
            )
            / (round_{{ i }}.profiles_count + {{ typical_profiles }}) as households,
            round_{{ i }}.profiles_count
        from round_{{ i }}
        cross join expected_{{ i }}
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

{#-
    Typical shops speak with the weight of so many profiles, for shops too small to tell. Less is
    known of households: a register may hold none.
-#}
{%- set typical_profiles = 200 %}
{%- set typical_households_profiles = 20 %}
{%- set ln_2 = 0.6931471805599453 %}

with
    profiles as (select count(*) as profiles_count from {{ ref('identity_profiles') }}),

    -- Pairs whose evidence rounds to the same count together.
    cells as (
        select
            round(match_evidence + contradiction_weight) as match_evidence,
            round(household_evidence) as household_evidence,
            count(*) as pairs_count
        from {{ ref('identity_evidence') }}
        group by round(match_evidence + contradiction_weight), round(household_evidence)
    ),

    typical as (
        select
            max(case when level = 'match' then m_probability end) as matches,
            max(case when level = 'household' then m_probability end) as households
        from {{ ref('match_weights') }}
        where comparison = 'prior'
    ),

    -- Half bits, from 1/4096 to 64 a profile: a few new records do not move the weights of all
    -- pairs.
    steps as (
        {%- for step in range(-24, 13) %}
            select
                power(2, {{ step / 2 }}) as pairs_per_profile {{- ' union all' if not loop.last }}
        {%- endfor %}
    ),

    guesses as (
        select
            matches.pairs_per_profile as matches_per_profile,
            households.pairs_per_profile as households_per_profile,
            profiles.profiles_count,
            {{ prior_bits('matches.pairs_per_profile', 'profiles.profiles_count') }} as match_prior,
            {{ prior_bits('households.pairs_per_profile', 'profiles.profiles_count') }}
            as household_prior,
            {{ typical_profiles }} * typical.matches * log2(matches.pairs_per_profile)
            + {{ typical_households_profiles }}
            * typical.households
            * log2(households.pairs_per_profile)
            - (
                ({{ typical_profiles }} + profiles.profiles_count) * matches.pairs_per_profile
                + ({{ typical_households_profiles }} + profiles.profiles_count)
                * households.pairs_per_profile
            )
            / {{ ln_2 }} as log_likelihood
        from steps as matches
        cross join steps as households
        cross join profiles
        cross join typical
    ),

    -- How well each guess explains the evidence of all candidate pairs.
    judged as (
        select
            guesses.match_prior,
            guesses.household_prior,
            guesses.matches_per_profile,
            guesses.households_per_profile,
            guesses.profiles_count,
            max(guesses.log_likelihood) + coalesce(
                sum(
                    cells.pairs_count * log2(
                        1
                        + power(2, guesses.match_prior + cells.match_evidence)
                        + power(2, guesses.household_prior + cells.household_evidence)
                    )
                ),
                0
            ) as log_likelihood
        from guesses
        left join cells on 1 = 1
        group by
            guesses.match_prior,
            guesses.household_prior,
            guesses.matches_per_profile,
            guesses.households_per_profile,
            guesses.profiles_count
    ),

    ranked as (
        select
            *,
            row_number() over (
                order by log_likelihood desc, match_prior, household_prior
            ) as likelihood_rank
        from judged
    )

select
    round(match_prior, 1) as match_prior,
    round(household_prior, 1) as household_prior,
    matches_per_profile,
    households_per_profile,
    profiles_count
from ranked
where likelihood_rank = 1

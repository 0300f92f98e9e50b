{{ config(
    materialized='scoped',
    replaces=[
        ['profile_a', 'identity_proposed_profiles', 'profile_id'],
        ['profile_b', 'identity_proposed_profiles', 'profile_id'],
        [
            ['profile_a', 'identity_restated_profiles', 'profile_id'],
            ['profile_b', 'identity_restated_profiles', 'profile_id'],
        ],
    ],
) }}

-- depends_on: {{ ref('identity_proposed_profiles') }}
-- depends_on: {{ ref('identity_restated_profiles') }}
with profiles as {{ inline_cte() }} (select * from {{ ref('identity_profiles') }}),

rarity as (select * from {{ ref('identity_rarity') }}),

match_weights as (select * from {{ ref('match_weights') }}),
{%- if not run_is_full() %}

    proposed as (select * from {{ ref('identity_proposed_profiles') }}),

    restated as (select * from {{ ref('identity_restated_profiles') }}),
{%- endif %}

candidates as (
    select
        candidates.profile_a,
        candidates.profile_b,
        candidates.blocking_rule
    from {{ ref('identity_candidates') }} as candidates
    {%- if not run_is_full() %}
        where
            candidates.profile_a in (select proposed.profile_id from proposed)
            or candidates.profile_b in (select proposed.profile_id from proposed)
            -- The rarity of a value counts where both have it.
            or (
                candidates.profile_a in (select restated.profile_id from restated)
                and candidates.profile_b in (select restated.profile_id from restated)
            )
    {%- endif %}
),

compared as (
    {{ compare_profiles('candidates', keep=['blocking_rule']) | indent(4) }}
),

weighed as (
    {{ weigh_comparisons('compared', keep=['blocking_rule']) | indent(4) }}
)

select
    profile_a,
    profile_b,
    blocking_rule,
    round(
        {%- for comparison in comparisons() %}
            {{ '+ ' if not loop.first }}{{ comparison }}_weight
        {%- endfor %},
        2
    ) as match_evidence,
    household_evidence,
    contradiction_weight
from weighed

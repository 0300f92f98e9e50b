{{ config(
    materialized='scoped',
    replaces=[
        ['record_key_a', 'identity_rescored_profiles', 'record_key'],
        ['record_key_b', 'identity_rescored_profiles', 'record_key'],
        [
            ['record_key_a', 'identity_restated_profiles', 'record_key'],
            ['record_key_b', 'identity_restated_profiles', 'record_key'],
        ],
    ],
) }}

-- depends_on: {{ ref('identity_rescored_profiles') }}
-- depends_on: {{ ref('identity_restated_profiles') }}

{%- set thresholds = var('match_thresholds') %}

with profiles as {{ inline_cte() }} (select * from {{ ref('identity_profiles') }}),

rarity as (select * from {{ ref('identity_rarity') }}),

match_weights as (select * from {{ ref('match_weights') }}),
{%- if not run_is_full() %}

    rescored as (select * from {{ ref('identity_rescored_profiles') }}),

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
            candidates.profile_a in (select rescored.profile_id from rescored)
            or candidates.profile_b in (select rescored.profile_id from rescored)
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

weights as (
    {{ weigh_comparisons('compared', keep=['blocking_rule']) | indent(4) }}
),

priors as (select * from {{ ref('identity_priors') }}),

-- What two people of one household share (address, family name) is no evidence that they are one.
explained as (
    select
        weights.*,
        priors.match_prior as prior_weight,
        0 - round(
            log2(1 + power(2, least(priors.household_prior + weights.household_evidence, 100))), 2
        ) as household_weight
    from weights
    cross join priors
),

summed as (
    select
        *,
        round(
            prior_weight
            {%- for comparison in comparisons() %}
                + {{ comparison }}_weight
            {%- endfor %}
            + household_weight
            + contradiction_weight,
            2
        ) as weight
    from explained
),

kept as (
    select * from summed
    where
        weight >= {{ thresholds.keep }}
        or weight - contradiction_weight >= {{ thresholds.link }}
)

-- The record that comes first in order of text is the first of the pair.
select
    least(a.record_key, b.record_key) as record_key_a,
    greatest(a.record_key, b.record_key) as record_key_b,
    kept.blocking_rule,
    kept.prior_weight,
    {%- for comparison in comparisons() %}
        kept.{{ comparison }}_level,
        kept.{{ comparison }}_weight,
    {%- endfor %}
    kept.household_weight,
    kept.contradiction_weight,
    kept.weight
from kept
inner join profiles as a on kept.profile_a = a.profile_id
inner join profiles as b on kept.profile_b = b.profile_id

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
{%- set sums = ['blocking_rule', 'prior_weight', 'household_weight', 'weight'] %}

with profiles as {{ inline_cte() }} (select * from {{ ref('identity_profiles') }}),

rarity as (select * from {{ ref('identity_rarity') }}),

match_weights as (select * from {{ ref('match_weights') }}),
{%- if not run_is_full() %}

    rescored as (select * from {{ ref('identity_rescored_profiles') }}),

    restated as (select * from {{ ref('identity_restated_profiles') }}),
{%- endif %}

evidence as (
    select * from {{ ref('identity_evidence') }}
    {%- if not run_is_full() %}
        where
            profile_a in (select rescored.profile_id from rescored)
            or profile_b in (select rescored.profile_id from rescored)
            or (
                profile_a in (select restated.profile_id from restated)
                and profile_b in (select restated.profile_id from restated)
            )
    {%- endif %}
),

priors as (select * from {{ ref('identity_priors') }}),

-- What two people of one household share (address, family name) is no evidence that they are one.
explained as (
    select
        evidence.*,
        priors.match_prior as prior_weight,
        0 - round(
            log2(1 + power(2, least(priors.household_prior + evidence.household_evidence, 100))), 2
        ) as household_weight
    from evidence
    cross join priors
),

summed as (
    select
        *,
        round(
            prior_weight + match_evidence + household_weight + contradiction_weight, 2
        ) as weight
    from explained
),

kept as (
    select * from summed
    where
        weight >= {{ thresholds.keep }}
        or weight - contradiction_weight >= {{ thresholds.link }}
),

-- The parts of the evidence, of which identity_evidence keeps the sums.
compared as (
    {{ compare_profiles('kept', keep=sums) | indent(4) }}
),

weights as (
    {{ weigh_comparisons('compared', keep=sums) | indent(4) }}
)

-- The record that comes first in order of text is the first of the pair.
select
    least(a.record_key, b.record_key) as record_key_a,
    greatest(a.record_key, b.record_key) as record_key_b,
    weights.blocking_rule,
    weights.prior_weight,
    {%- for comparison in comparisons() %}
        weights.{{ comparison }}_level,
        weights.{{ comparison }}_weight,
    {%- endfor %}
    weights.household_weight,
    weights.contradiction_weight,
    weights.weight
from weights
inner join profiles as a on weights.profile_a = a.profile_id
inner join profiles as b on weights.profile_b = b.profile_id

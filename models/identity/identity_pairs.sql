{{ config(materialized='table') }}

{%- set thresholds = var('match_thresholds') %}

with weights as (select * from {{ ref('identity_weights') }}),

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
)

select
    record_key_a,
    record_key_b,
    blocking_rule,
    prior_weight,
    {%- for comparison in comparisons() %}
        {{ comparison }}_level,
        {{ comparison }}_weight,
    {%- endfor %}
    household_weight,
    contradiction_weight,
    weight
from summed
where
    weight >= {{ thresholds.keep }}
    or weight - contradiction_weight >= {{ thresholds.link }}

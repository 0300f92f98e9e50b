{%- set thresholds = var('match_thresholds') %}

with
    evidence as (select * from {{ ref('identity_evidence') }}),

    records as (select * from {{ ref('identity_records') }}),

    priors as (select * from {{ ref('identity_priors') }}),

    -- What two people of one household share (address, family name) is no evidence that they are
    -- one.
    explained as (
        select
            evidence.*,
            priors.match_prior as prior_weight,
            0 - round(
                log2(
                    1 + power(2, least(priors.household_prior + evidence.household_evidence, 100))
                ),
                2
            ) as household_weight
        from evidence
        cross join priors
    ),

    summed as (
        select
            *,
            round(
                prior_weight + match_evidence + household_weight + contradiction_weight, 2
            ) as sum_weight
        from explained
    ),

    -- However rare a name is, nobody is linked by that alone.
    capped as (
        select
            *,
            case
                when is_name_alone then least({{ thresholds.link }} - 0.01 - sum_weight, 0) else 0
            end as name_alone_weight
        from summed
    ),

    weighed as (select *, round(sum_weight + name_alone_weight, 2) as weight from capped),

    kept as (
        select *
        from weighed
        where
            weight >= {{ thresholds.keep }}
            or weight - contradiction_weight >= {{ thresholds.link }}
    )

select
    a.record_key as record_key_a,
    b.record_key as record_key_b,
    kept.profile_a,
    kept.profile_b,
    kept.blocking_rule,
    kept.prior_weight,
    {%- for comparison in comparisons() %}
        kept.{{ comparison }}_level, kept.{{ comparison }}_weight,
    {%- endfor %}
    kept.household_weight,
    kept.contradiction_weight,
    kept.name_alone_weight,
    kept.weight
from kept
inner join records as a on kept.profile_a = a.record_id
inner join records as b on kept.profile_b = b.record_id

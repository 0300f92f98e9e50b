{{ config(materialized='table') }}

with sampled as (
    select * from {{ ref('identity_weights') }}
    where stands_for is not null
),

evidence as (
    select
        round(
            contradiction_weight
            {%- for comparison in comparisons() %}
                + {{ comparison }}_weight
            {%- endfor %}
        ) as match_evidence,
        round(household_evidence) as household_evidence,
        stands_for
    from sampled
)

select
    match_evidence,
    household_evidence,
    sum(stands_for) as pairs_count
from evidence
group by match_evidence, household_evidence

{{ config(materialized='whole') }}

with evidence as (select * from {{ ref('identity_evidence') }}),

rounded as (
    select
        round(match_evidence + contradiction_weight) as match_evidence,
        round(household_evidence) as household_evidence
    from evidence
)

select
    match_evidence,
    household_evidence,
    count(*) as pairs_count
from rounded
group by match_evidence, household_evidence

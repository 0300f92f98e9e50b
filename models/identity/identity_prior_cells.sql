{{ config(materialized='table') }}

with compared as (select * from {{ ref('identity_comparisons') }}),

rarity as (select * from {{ ref('identity_rarity') }}),

match_weights as (select * from {{ ref('match_weights') }}),

weighed as (
    {{ weigh_comparisons('compared', keep=['stands_for']) | indent(4) }}
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
    from weighed
)

select
    match_evidence,
    household_evidence,
    sum(stands_for) as pairs_count
from evidence
group by match_evidence, household_evidence

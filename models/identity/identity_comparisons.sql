{{ config(materialized='view') }}

with profiles as {{ inline_cte() }} (select * from {{ ref('identity_profiles') }}),

sample as (select * from {{ ref('identity_candidate_sample') }}),

compared as (
    {{ compare_profiles('sample', keep=['blocking_rule', 'stands_for']) | indent(4) }}
)

select
    profile_a,
    profile_b,
    blocking_rule,
    stands_for,
    {{ comparisons() | join('_level,\n    ') }}_level
from compared

{{ config(materialized='view') }}

with profiles as (select * from {{ ref('identity_profiles') }}),

candidates as (select * from {{ ref('identity_candidates') }}),

compared as (
    {{ compare_profiles('candidates', keep=['blocking_rule', 'stands_for']) | indent(4) }}
)

select
    profile_a,
    profile_b,
    record_key_a,
    record_key_b,
    blocking_rule,
    stands_for,
    {{ comparisons() | join('_level,\n    ') }}_level
from compared

{{ config(materialized='view') }}

{%- set sample_size = 300000 %}

-- One in a power of two, so that a few more candidates leave the sample as it is.
with candidates as (select * from {{ ref('identity_candidates') }}),

size as (
    select
        cast(
            power(2, ceil(log2(greatest((count(*) + 1) / {{ sample_size }}.0, 1)))) as bigint
        ) as step
    from candidates
)

select
    candidates.profile_a,
    candidates.profile_b,
    candidates.blocking_rule,
    size.step as stands_for
from candidates
inner join size on candidates.lot % size.step = 0

-- The steps of each pair lead to its weight.
with
    pairs as (select * from {{ ref('identity_pairs') }}),

    steps as (select * from {{ ref('identity_waterfall') }}),

    ends as (
        select record_key_a, record_key_b, {{ last_by('running_weight', 'step_number') }} as weight
        from steps
        group by record_key_a, record_key_b
    )

select
    coalesce(pairs.record_key_a, ends.record_key_a) as record_key_a,
    coalesce(pairs.record_key_b, ends.record_key_b) as record_key_b,
    pairs.weight,
    ends.weight as last_running_weight
from pairs
full outer join
    ends on pairs.record_key_a = ends.record_key_a and pairs.record_key_b = ends.record_key_b
where
    pairs.record_key_a is null
    or ends.record_key_a is null
    or abs(pairs.weight - ends.weight) > 0.001

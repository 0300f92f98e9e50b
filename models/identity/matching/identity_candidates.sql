with keys as (
    select keys.*
    from {{ ref('identity_block_keys') }} as keys
    inner join {{ ref('identity_blocks') }} as blocks on keys.block = blocks.block
),

pairs as (
    select
        one.profile_id as profile_a,
        other.profile_id as profile_b,
        min(one.rule_number) as rule_number
    from keys as one
    inner join keys as other
        on one.block = other.block
        and one.profile_id < other.profile_id
        and one.cluster <> other.cluster
    group by one.profile_id, other.profile_id
)

select
    profile_a,
    profile_b,
    {{ blocking_rule_name('rule_number') }} as blocking_rule
from pairs

with
    profiles as (select * from {{ ref('identity_profiles') }}),

    blocks as ({{ used_blocks('profiles') | indent(4) }}),

    pairs as (
        select
            one.profile_id as profile_a,
            other.profile_id as profile_b,
            min(one.rule_number) as rule_number,
            min(one.cluster) = min(other.cluster) as is_linked
        from blocks as one
        inner join blocks as other on one.block = other.block and one.profile_id < other.profile_id
        group by one.profile_id, other.profile_id
    )

select profile_a, profile_b, {{ blocking_rule_name('rule_number') }} as blocking_rule, is_linked
from pairs

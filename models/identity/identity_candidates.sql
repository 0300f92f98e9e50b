{{ config(
    materialized='scoped',
    replaces=[
        ['profile_a', 'identity_proposed_profiles', 'profile_id'],
        ['profile_b', 'identity_proposed_profiles', 'profile_id'],
    ],
) }}

-- depends_on: {{ ref('identity_proposed_profiles') }}
-- depends_on: {{ ref('identity_block_keys') }}
with profiles as {{ inline_cte() }} (select * from {{ ref('identity_profiles') }}),

blocks as (
    select
        blocks.*,
        true as is_proposed
    from {{ ref('identity_blocks') }} as blocks
    {%- if not run_is_full() %}
        inner join {{ ref('identity_proposed_profiles') }} as proposed
            on blocks.profile_id = proposed.profile_id
    {%- endif %}
),

{% if run_is_full() %}
    members as (select * from blocks),
{% else %}
    used as (
        select block
        from blocks
        group by block
    ),

    members as (
        select
            keys.*,
            proposed.profile_id is not null as is_proposed
        from {{ ref('identity_block_keys') }} as keys
        inner join used on keys.block = used.block
        left join {{ ref('identity_proposed_profiles') }} as proposed
            on keys.profile_id = proposed.profile_id
    ),
{% endif %}

pairs as (
    select
        least(one.profile_id, other.profile_id) as profile_a,
        greatest(one.profile_id, other.profile_id) as profile_b,
        min(one.rule_number) as rule_number
    from blocks as one
    inner join members as other
        on one.block = other.block
        and (
            one.profile_id < other.profile_id
            or (one.profile_id > other.profile_id and not other.is_proposed)
        )
    group by
        least(one.profile_id, other.profile_id),
        greatest(one.profile_id, other.profile_id)
),

rules as (
    {%- for rule in var('blocking_rules') %}
        select {{ loop.index }} as rule_number, '{{ rule.name }}' as blocking_rule
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
)

select
    pairs.profile_a,
    pairs.profile_b,
    rules.blocking_rule,
    -- A lot that any engine draws alike.
    (pairs.profile_a % 1000003 * 7919 + pairs.profile_b % 1000003 * 104729) % 1000003 as lot
from pairs
inner join rules on pairs.rule_number = rules.rule_number
inner join profiles as a on pairs.profile_a = a.profile_id
inner join profiles as b on pairs.profile_b = b.profile_id
where a.cluster <> b.cluster

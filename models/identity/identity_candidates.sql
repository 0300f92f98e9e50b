{{ config(materialized='table') }}

{%- set sample_size = 300000 %}

with blocks as (select * from {{ ref('identity_blocks') }}),

profiles as (select * from {{ ref('identity_profiles') }}),

pairs as (
    select
        one.profile_id as profile_a,
        other.profile_id as profile_b,
        min(one.rule_number) as rule_number
    from blocks as one
    inner join blocks as other on one.block = other.block and one.profile_id < other.profile_id
    group by one.profile_id, other.profile_id
),

rules as (
    {%- for rule in var('blocking_rules') %}
        select {{ loop.index }} as rule_number, '{{ rule.name }}' as blocking_rule
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
),

unlinked as (
    select
        pairs.profile_a,
        pairs.profile_b,
        a.record_key as record_key_a,
        b.record_key as record_key_b,
        rules.blocking_rule
    from pairs
    inner join rules on pairs.rule_number = rules.rule_number
    inner join profiles as a on pairs.profile_a = a.profile_id
    inner join profiles as b on pairs.profile_b = b.profile_id
    where a.cluster <> b.cluster
),

size as (
    select cast(ceil((count(*) + 1) / {{ sample_size }}.0) as bigint) as step from unlinked
)

-- Every so many pairs stand for all, by a rule that any engine draws alike.
select
    unlinked.profile_a,
    unlinked.profile_b,
    unlinked.record_key_a,
    unlinked.record_key_b,
    unlinked.blocking_rule,
    case
        when
            (unlinked.profile_a * 7919 + unlinked.profile_b * 104729) % 1000003 % size.step = 0
            then size.step
    end as stands_for
from unlinked
cross join size

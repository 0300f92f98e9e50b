with
    profiles as (select * from {{ ref('identity_profiles') }}),

    rarity as (select * from {{ ref('identity_rarity') }}),

    match_weights as (select * from {{ ref('match_weights') }}),

    levels as (select * from {{ ref('identity_compared') }}),

    candidates as (
        select
            candidates.profile_a,
            candidates.profile_b,
            candidates.blocking_rule,
            a.content as one_content,
            b.content as other_content
        from {{ ref('identity_candidates') }} as candidates
        inner join profiles as a on candidates.profile_a = a.profile_id
        inner join profiles as b on candidates.profile_b = b.profile_id
        where not candidates.is_linked
    ),

    compared as (
        select
            candidates.profile_a,
            candidates.profile_b,
            candidates.blocking_rule,
            levels.{{ comparisons() | join('_level,\n        levels.') }}_level,
            levels.are_namesakes
        from candidates
        inner join
            levels
            on least(candidates.one_content, candidates.other_content) = levels.content_a
            and greatest(candidates.one_content, candidates.other_content) = levels.content_b
    ),

    weighed as ({{ weigh_comparisons('compared', keep=['blocking_rule']) | indent(4) }})

select
    profile_a,
    profile_b,
    blocking_rule,
    {%- for comparison in comparisons() %}
        {{ comparison }}_level, {{ comparison }}_weight,
    {%- endfor %}
    round({{ comparisons() | join('_weight + ') }}_weight, 2) as match_evidence,
    household_evidence,
    contradiction_weight,
    is_name_alone
from weighed

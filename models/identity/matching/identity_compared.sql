with
    profiles as (select * from {{ ref('identity_profiles') }}),

    -- Who says the same is compared once, under the first profile that says so.
    contents as (select content, min(profile_id) as profile_id from profiles group by content),

    wanted as (
        select least(a.content, b.content) as content_a, greatest(a.content, b.content) as content_b
        from {{ ref('identity_candidates') }} as candidates
        inner join profiles as a on candidates.profile_a = a.profile_id
        inner join profiles as b on candidates.profile_b = b.profile_id
        where not candidates.is_linked
        group by least(a.content, b.content), greatest(a.content, b.content)
    ),

    known as ({{ levels_before() | indent(4) }}),

    kept as (
        select known.*
        from wanted
        inner join
            known on wanted.content_a = known.content_a and wanted.content_b = known.content_b
    ),

    pairs as (
        select
            wanted.content_a, wanted.content_b, a.profile_id as profile_a, b.profile_id as profile_b
        from wanted
        inner join contents as a on wanted.content_a = a.content
        inner join contents as b on wanted.content_b = b.content
        left join known on wanted.content_a = known.content_a and wanted.content_b = known.content_b
        where known.content_a is null
    ),

    compared as ({{ compare_profiles('pairs', keep=['content_a', 'content_b']) | indent(4) }})

select
    content_a,
    content_b,
    {{ comparisons() | join('_level,\n    ') }}_level,
    are_namesakes,
    '{{ comparison_version() }}' as version
from compared
union all
select
    content_a, content_b, {{ comparisons() | join('_level,\n    ') }}_level, are_namesakes, version
from kept

{{ config(
    materialized='scoped',
    replaces=[
        ['record_key', 'identity_touched'],
        [['record_key', 'identity_rejudged'], 'other_record_key is not null'],
        ['other_record_key', 'identity_rejudged', 'record_key'],
        [
            ['record_key', 'identity_restated_profiles'],
            ['other_record_key', 'identity_restated_profiles', 'record_key'],
        ],
        "rule = 'override:same'",
    ],
) }}

-- depends_on: {{ ref('identity_rejudged') }}
-- depends_on: {{ ref('identity_restated_profiles') }}
with links as (
    select
        record_key,
        identifier_type,
        identifier_value,
        group_key,
        rule,
        min(observed_at) as first_seen_at
    from {{ ref('identity_record_links') }}
    group by record_key, identifier_type, identifier_value, group_key, rule
),

cut_links as (select * from {{ ref('identity_cut_links') }}),

overrides as (select * from {{ ref('identity_overrides') }}),

pairs as (
    select * from {{ ref('identity_pairs') }}
    where
        weight >= {{ var('match_thresholds').link }}
        and {{ is_rejudged('record_key_a', 'record_key_b') }}
),

records as {{ inline_cte() }} (select * from {{ ref('identity_records') }}),

clusters as {{ inline_cte() }} (select * from {{ ref('identity_clusters') }}),

-- What was cut is in identity_conflicts.
used_links as (
    select links.*
    from links
    left join cut_links
        on links.record_key = cut_links.record_key
        and links.identifier_type = cut_links.identifier_type
        and links.identifier_value = cut_links.identifier_value
    where cut_links.record_key is null
),

record_pairs as (
    select
        record_key_a,
        record_key_b,
        'override:same' as rule,
        cast(null as double) as score,
        decided_by as source,
        decided_at as first_seen_at
    from overrides
    where decision = 'same'

    union all

    select
        pairs.record_key_a,
        pairs.record_key_b,
        'fuzzy:' || pairs.blocking_rule,
        pairs.weight,
        a.source_table,
        greatest(a.observed_at, b.observed_at)
    from pairs
    inner join records as a on pairs.record_key_a = a.record_key
    inner join records as b on pairs.record_key_b = b.record_key
)

select
    record_key,
    cast(null as {{ dbt.type_string() }}) as other_record_key,
    identifier_type,
    identifier_value,
    group_key,
    rule,
    cast(null as double) as score,
    split_part(record_key, ':', 1) as source,
    first_seen_at
from used_links
union all
select
    record_pairs.record_key_a,
    record_pairs.record_key_b,
    null,
    null,
    null,
    record_pairs.rule,
    record_pairs.score,
    record_pairs.source,
    record_pairs.first_seen_at
from record_pairs
inner join clusters as a on record_pairs.record_key_a = a.record_key
inner join clusters as b
    on record_pairs.record_key_b = b.record_key and a.component = b.component

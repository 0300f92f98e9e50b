with
    records as (select * from {{ ref('identity_records') }}),

    links as (select * from {{ ref('identity_record_links') }}),

    clusters as (select * from {{ ref('identity_clusters') }}),

    overrides as (select * from {{ ref('identity_overrides') }} where decision = 'same'),

    pairs as (
        select * from {{ ref('identity_pairs') }} where weight >= {{ var('match_thresholds').link }}
    ),

    -- These are in identity_conflicts.
    cut_links as (
        select record_key, identifier_type, identifier_value
        from {{ ref('identity_refusals') }}
        where reason = 'cut_weakest_link'
        group by record_key, identifier_type, identifier_value
    ),

    value_links as (
        select
            records.record_key,
            records.source_table,
            links.identifier_type,
            links.identifier_value,
            links.group_key,
            links.rule,
            min(links.observed_at) as first_seen_at
        from links
        inner join records on links.record_id = records.record_id
        group by
            records.record_key,
            records.source_table,
            links.identifier_type,
            links.identifier_value,
            links.group_key,
            links.rule
    ),

    record_links as (
        select
            record_key_a,
            record_key_b,
            'override:same' as rule,
            cast(null as double) as score,
            decided_by as source,
            decided_at as first_seen_at
        from overrides
        union all
        select
            pairs.record_key_a,
            pairs.record_key_b,
            'fuzzy:' || pairs.blocking_rule as rule,
            pairs.weight as score,
            a.source_table as source,
            greatest(a.observed_at, b.observed_at) as first_seen_at
        from pairs
        inner join records as a on pairs.profile_a = a.record_id
        inner join records as b on pairs.profile_b = b.record_id
    )

select
    value_links.record_key,
    cast(null as {{ dbt.type_string() }}) as other_record_key,
    value_links.identifier_type,
    value_links.identifier_value,
    value_links.group_key,
    value_links.rule,
    cast(null as double) as score,
    value_links.source_table as source,
    value_links.first_seen_at
from value_links
left join
    cut_links
    on value_links.record_key = cut_links.record_key
    and value_links.identifier_type = cut_links.identifier_type
    and value_links.identifier_value = cut_links.identifier_value
where cut_links.record_key is null
union all
select
    record_links.record_key_a as record_key,
    record_links.record_key_b as other_record_key,
    null as identifier_type,
    null as identifier_value,
    null as group_key,
    record_links.rule,
    record_links.score,
    record_links.source,
    record_links.first_seen_at
from record_links
inner join clusters as a on record_links.record_key_a = a.record_key
inner join clusters as b on record_links.record_key_b = b.record_key and a.cluster = b.cluster

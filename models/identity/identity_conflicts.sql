{{ config(materialized='whole') }}

{%- set link = var('match_thresholds').link %}

with refusals as (select * from {{ ref('identity_refusals') }}),

cut_links as (select * from {{ ref('identity_cut_links') }}),

overrides as (select * from {{ ref('identity_overrides') }}),

pairs as (select * from {{ ref('identity_pairs') }}),

records as {{ inline_cte() }} (select * from {{ ref('identity_records') }}),

clusters as {{ inline_cte() }} (select * from {{ ref('identity_clusters') }}),

never_links as (
    select
        least(one.component, other.component) as component_a,
        greatest(one.component, other.component) as component_b
    from overrides
    inner join clusters as one on overrides.record_key_a = one.record_key
    inner join clusters as other on overrides.record_key_b = other.record_key
    where overrides.decision = 'different'
    group by least(one.component, other.component), greatest(one.component, other.component)
),

refused_pairs as (
    select
        pairs.record_key_a,
        pairs.record_key_b,
        pairs.blocking_rule,
        pairs.weight,
        case
            when never_links.component_a is not null then 'never_link_override'
            when pairs.contradiction_weight < 0 then 'strong_disagreement'
            else 'rest_of_cluster_disagrees'
        end as reason,
        greatest(a.observed_at, b.observed_at) as first_seen_at
    from pairs
    inner join records as a on pairs.record_key_a = a.record_key
    inner join records as b on pairs.record_key_b = b.record_key
    inner join clusters as one on pairs.record_key_a = one.record_key
    inner join clusters as other
        on pairs.record_key_b = other.record_key and one.component <> other.component
    left join never_links
        on least(one.component, other.component) = never_links.component_a
        and greatest(one.component, other.component) = never_links.component_b
    where pairs.weight - pairs.contradiction_weight >= {{ link }}
),

refused_overrides as (
    select
        overrides.record_key_a,
        overrides.record_key_b,
        overrides.decision,
        case
            when one.component is null or other.component is null then 'unknown_record'
            when overrides.decision = 'different' then 'never_link_override'
            else 'outweighed_by_never_link'
        end as reason,
        overrides.decided_at
    from overrides
    left join clusters as one on overrides.record_key_a = one.record_key
    left join clusters as other on overrides.record_key_b = other.record_key
    where one.component is distinct from other.component or one.component is null
)

select
    record_key,
    other_record_key,
    identifier_type,
    identifier_value,
    rule,
    reason,
    cast(null as double) as score,
    first_seen_at
from refusals
union all
-- Chains of links that led from one person to another, cut where they were weakest.
select
    record_key,
    null,
    identifier_type,
    identifier_value,
    rule,
    'cut_weakest_link',
    null,
    first_seen_at
from cut_links
union all
select
    record_key_a,
    record_key_b,
    null,
    null,
    'fuzzy:' || blocking_rule,
    reason,
    weight,
    first_seen_at
from refused_pairs
union all
select
    record_key_a,
    record_key_b,
    null,
    null,
    'override:' || decision,
    reason,
    null,
    decided_at
from refused_overrides

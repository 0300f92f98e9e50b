{{ config(
    materialized='scoped',
    replaces=[
        ['record_key_a', 'identity_rejudged', 'record_key'],
        ['record_key_b', 'identity_rejudged', 'record_key'],
        [
            ['record_key_a', 'identity_restated_profiles', 'record_key'],
            ['record_key_b', 'identity_restated_profiles', 'record_key'],
        ],
    ],
) }}

{%- set thresholds = var('match_thresholds') %}

-- depends_on: {{ ref('identity_rejudged') }}
-- depends_on: {{ ref('identity_restated_profiles') }}
with pairs as (
    select * from {{ ref('identity_pairs') }}
    where {{ is_rejudged('record_key_a', 'record_key_b') }}
),

clusters as {{ inline_cte() }} (select * from {{ ref('identity_clusters') }}),

judged as (
    select
        pairs.record_key_a,
        pairs.record_key_b,
        pairs.weight,
        a.component = b.component as is_linked,
        case
            when abs(pairs.weight - ({{ thresholds.link }})) <= {{ thresholds.review }}
                then 'near_threshold'
            when pairs.weight >= {{ thresholds.link }} and a.component <> b.component
                then 'refused'
            when pairs.contradiction_weight < 0 then 'contradiction'
        end as why
    from pairs
    inner join clusters as a on pairs.record_key_a = a.record_key
    inner join clusters as b on pairs.record_key_b = b.record_key
)

select
    record_key_a,
    record_key_b,
    weight,
    1 / (1 + power(2, -weight)) as probability,
    is_linked,
    why
from judged
where why is not null

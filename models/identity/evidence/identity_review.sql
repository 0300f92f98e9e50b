-- A table, since it is published: the report tells how large the grey zone is.
{%- set thresholds = var('match_thresholds') %}

with
    pairs as (select * from {{ ref('identity_pairs') }}),

    clusters as (select * from {{ ref('identity_clusters') }}),

    judged as (
        select
            pairs.record_key_a,
            pairs.record_key_b,
            pairs.weight,
            a.cluster = b.cluster as is_linked,
            case
                when pairs.name_alone_weight < 0
                then 'only_names_agree'
                when abs(pairs.weight - ({{ thresholds.link }})) <= {{ thresholds.review }}
                then 'near_threshold'
                when pairs.weight >= {{ thresholds.link }} and a.cluster <> b.cluster
                then 'refused'
                when pairs.contradiction_weight < 0
                then 'contradiction'
            end as why
        from pairs
        inner join clusters as a on pairs.profile_a = a.record_id
        inner join clusters as b on pairs.profile_b = b.record_id
    )

select
    record_key_a, record_key_b, weight, 1 / (1 + power(2, - weight)) as probability, is_linked, why
from judged
where why is not null

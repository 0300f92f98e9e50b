-- Decided different is two customers; decided same is one, or a conflict tells that another
-- decision outweighs it.
with
    overrides as (select * from {{ ref('identity_overrides') }}),

    clusters as (select * from {{ ref('identity_clusters') }}),

    conflicts as (
        select * from {{ ref('identity_conflicts') }} where reason = 'outweighed_by_never_link'
    ),

    judged as (
        select
            overrides.record_key_a,
            overrides.record_key_b,
            overrides.decision,
            one.cluster = other.cluster as is_linked,
            conflicts.record_key is not null as is_outweighed
        from overrides
        inner join clusters as one on overrides.record_key_a = one.record_key
        inner join clusters as other on overrides.record_key_b = other.record_key
        left join
            conflicts
            on overrides.record_key_a = conflicts.record_key
            and overrides.record_key_b = conflicts.other_record_key
    )

select record_key_a, record_key_b, decision
from judged
where
    (decision = 'different' and is_linked)
    or (decision = 'same' and not is_linked and not is_outweighed)

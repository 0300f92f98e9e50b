-- Two records whose link was refused as a whole are two customers. (A value that was refused may be
-- one of several that two records share: another may still join them.)
with
    conflicts as (select * from {{ ref('identity_conflicts') }}),

    clusters as (select * from {{ ref('identity_clusters') }})

select conflicts.record_key, conflicts.other_record_key, conflicts.rule, conflicts.reason
from conflicts
inner join clusters as one on conflicts.record_key = one.record_key
inner join clusters as other on conflicts.other_record_key = other.record_key
where conflicts.identifier_type is null and one.cluster = other.cluster

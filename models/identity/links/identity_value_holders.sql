with
    usable as (
        select *
        from {{ ref('identity_usable_values') }}
        where not is_strong and value_id is not null
    ),

    entities as (select * from {{ ref('identity_entities') }}),

    held as (
        select
            entities.component as entity,
            usable.value_id,
            usable.identifier_type,
            usable.trust_rank,
            min(usable.observed_at) as first_seen_at
        from usable
        inner join entities on usable.record_id = entities.node
        group by entities.component, usable.value_id, usable.identifier_type, usable.trust_rank
    ),

    -- What one entity alone holds joins nobody.
    joining as (select value_id from held group by value_id having count(*) > 1)

select held.entity, held.value_id, held.identifier_type, held.trust_rank, held.first_seen_at
from held
inner join joining on held.value_id = joining.value_id

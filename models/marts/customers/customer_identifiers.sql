with identifiers as (select * from {{ ref('identity_identifiers') }})

select
    identifier_type,
    identifier_value,
    customer_id,
    is_shared,
    first_seen_at,
    last_seen_at
from identifiers
where customer_id is not null

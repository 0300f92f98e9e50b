-- One row per customer whose records are told apart: the people concerned, and whoever else used their devices and carts.
select customer_id
from cycle.people

union

select customer_id
from {{ ref('device_sightings') }}
where
    customer_id is not null
    and anonymous_id in (select visitor from cycle.visitors where kind = 'device')

union

select customer_id
from {{ ref('identity_map') }}
where
    customer_id is not null
    and source_table = 'web.users'
    and source_key in (select visitor from cycle.visitors where kind = 'login')

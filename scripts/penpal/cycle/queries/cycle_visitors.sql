-- One row per device or login that filled one of these carts, or is one of the people concerned.
select 'device' as kind, anonymous_id as visitor
from cycle.devices

union

select 'login' as kind, source_key as visitor
from cycle.records
where source_table = 'web.users'

union

select 'device' as kind, anonymous_id as visitor
from {{ ref('stg_web__events') }}
where anonymous_id is not null and cart_id in (select cart_id from cycle.carts)

union

select 'login' as kind, user_id as visitor
from {{ ref('stg_web__events') }}
where user_id is not null and cart_id in (select cart_id from cycle.carts)

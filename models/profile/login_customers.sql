{{ config(materialized='view') }}

with identity_map as (
    select * from {{ ref('identity_map') }}
    where source_table = 'web.users'
),

blocked_user_ids as (
    select * from {{ ref('identity_blocked_values') }}
    where identifier_type = '{{ var("user_id_is") }}'
)

select
    identity_map.source_key as user_id,
    case when blocked_user_ids.identifier_value is null then identity_map.customer_id end
        as customer_id
from identity_map
left join blocked_user_ids on identity_map.source_key = blocked_user_ids.identifier_value

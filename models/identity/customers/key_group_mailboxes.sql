with
    record_values as (
        select * from {{ ref('identity_record_values') }} where identifier_type = 'email'
    ),

    map as (select * from {{ ref('identity_map') }})

select map.key_group, record_values.identifier_value as email_key, map.customer_id
from record_values
inner join map on record_values.record_id = map.record_id
group by map.key_group, record_values.identifier_value, map.customer_id

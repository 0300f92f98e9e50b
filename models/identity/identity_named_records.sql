{{ config(materialized='view') }}

with records as (select * from {{ ref('identity_records') }})

select
    record_key,
    given_name,
    last_name_key as last_name,
    street_key || ' ' || coalesce(postal_code_key, city_key) as place
from records
where given_name is not null and names_its_person

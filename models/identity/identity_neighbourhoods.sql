{{ config(materialized='components') }}

with holders as (select * from {{ ref('identity_holders') }}),

components as (select * from {{ ref('identity_components') }}),

shared_values as (select * from {{ ref('identity_shared_values') }}),

links as (select * from {{ ref('identity_links') }}),

-- All holders of any other value are linked by it, and so in one component.
divided as (
    select
        identifier_type,
        identifier_value
    from shared_values
    union
    select
        identifier_type,
        identifier_value
    from links
    where rule is null
),

places as (
    select
        holders.identifier_type,
        holders.identifier_value,
        coalesce(components.component, holders.entity) as place
    from holders
    inner join divided
        on holders.identifier_type = divided.identifier_type
        and holders.identifier_value = divided.identifier_value
    left join components on holders.entity = components.node
),

first_places as (
    select
        identifier_type,
        identifier_value,
        min(place) as place
    from places
    group by identifier_type, identifier_value
)

select
    first_places.place as node_a,
    places.place as node_b
from places
inner join first_places
    on places.identifier_type = first_places.identifier_type
    and places.identifier_value = first_places.identifier_value
where places.place <> first_places.place

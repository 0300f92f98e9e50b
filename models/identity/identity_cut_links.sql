{{ config(materialized='scoped', replaces=[['record_key', 'identity_touched']]) }}

with settlements as (select * from {{ ref('identity_settlements') }}),

links as (
    select
        links.*,
        settlements.cluster,
        {{ link_node('links') }} as value_node
    from {{ ref('identity_record_links') }} as links
    inner join settlements on links.record_key = settlements.node
)

select
    links.record_key,
    links.identifier_type,
    links.identifier_value,
    links.rule,
    min(links.observed_at) as first_seen_at
from links
inner join settlements
    on links.value_node = settlements.node
    and links.cluster <> settlements.cluster
group by links.record_key, links.identifier_type, links.identifier_value, links.rule

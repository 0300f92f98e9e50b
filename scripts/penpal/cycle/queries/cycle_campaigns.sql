-- One row per campaign that a cycle decides: its trigger is made anew every 15 minutes.
{%- set triggers = [''] -%}
{%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name.startswith('trigger_') -%}
    {%- if node.config.meta.get('refresh') == '15 min' -%}
        {%- do triggers.append(node.name.removeprefix('trigger_')) -%}
    {%- endif -%}
{%- endfor %}
select campaign
from {{ ref('campaigns') }}
where trigger in ('{{ triggers | join("', '") }}')

{#-
    One row per kind of fact that wakes a trigger: since when it may. Twice the life of a letter, and the longest that such a
    trigger waits. `letters`: since when a letter may still wait somewhere; `all`: the longest life that any campaign has.
-#}
{%- set kinds = ['web', 'orders', 'consents', 'products', 'birthdays'] -%}
{%- set woken = namespace(triggers={}, hours={}) -%}
{%- for kind in kinds -%}
    {%- do woken.triggers.update({kind: []}) -%}
    {%- do woken.hours.update({kind: 24}) -%}
{%- endfor -%}
{%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name.startswith('trigger_') -%}
    {%- set thresholds = node.config.meta.get('thresholds', {}) -%}
    {%- set waits = [24] -%}
    {%- for name, value in thresholds.items() if name.endswith('_hours') -%}{%- do waits.append(value) -%}{%- endfor -%}
    {%- for kind in node.config.meta.get('woken_by', []) -%}
        {%- do woken.triggers[kind].append(node.name.removeprefix('trigger_')) -%}
        {%- do woken.hours.update({kind: [woken.hours[kind], waits | max] | max}) -%}
    {%- endfor -%}
{%- endfor -%}
{%- for kind in kinds %}
select
    '{{ kind }}' as kind,
    {{ add_seconds(as_of(), '-3600 * (2 * coalesce(max(expires_after_hours), 0) + ' ~ woken.hours[kind] ~ ')') }} as since
from {{ ref('campaigns') }}
where is_active and trigger in ('{{ (woken.triggers[kind] + ['']) | join("', '") }}')
union all
{%- endfor %}
select 'letters' as kind, {{ add_days(as_of(), -2) }} as since
union all
select 'messages' as kind, {{ add_days(as_of(), -(var('circuit_breaker').days + 2)) }} as since
union all
select 'all' as kind, {{ add_seconds(as_of(), '-7200 * coalesce(max(expires_after_hours), 0)') }} as since
from {{ ref('campaigns') }}
where is_active

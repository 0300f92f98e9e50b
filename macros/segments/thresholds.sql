{#-
    The thresholds of the segment that calls it: its own, for the catalog, unless the var segment_thresholds gives others.
    A threshold that the segment does not have is a mistake, and stops.
-#}
{% macro segment_thresholds() -%}
    {%- set node = model.tested_node_unique_id or model.unique_id -%}
    {%- set segment = node.split('.')[-1].removeprefix('segment_') -%}
    {%- set given = var('segment_thresholds').get(segment, {}) -%}
    {%- for name in given if name not in kwargs -%}
        {{ exceptions.raise_compiler_error(
            "var segment_thresholds: " ~ segment ~ " has no threshold '" ~ name ~ "', but "
            ~ (kwargs | join(', ') or 'none') ~ "."
        ) }}
    {%- endfor -%}
    {%- set thresholds = dict(kwargs, **given) -%}
    {%- do config(meta={'thresholds': thresholds}) -%}
    {{ return(thresholds) }}
{%- endmacro %}

{#- A cart counts as left after this much silence. -#}
{% macro cart_idle_minutes() -%}
    {{ return(var('segment_thresholds').get('abandoned_carts', {}).get('idle_minutes', 30)) }}
{%- endmacro %}

{#- A customer counts as inactive after this many days of silence. -#}
{% macro inactive_days() -%}
    {{ return(var('segment_thresholds').get('inactive', {}).get('idle_days', 90)) }}
{%- endmacro %}

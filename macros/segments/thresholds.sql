{#-
    The thresholds of the segment that calls it: its own, for the catalog, unless the var segment_thresholds gives others.
    A threshold that the segment does not have is a mistake, and stops.
-#}
{% macro segment_thresholds() -%}
    {{ return(_own_thresholds('segment', kwargs)) }}
{%- endmacro %}

{#- The thresholds of the trigger that calls it, in the same way, by the var trigger_thresholds. -#}
{% macro trigger_thresholds() -%}
    {{ return(_own_thresholds('trigger', kwargs)) }}
{%- endmacro %}

{% macro _own_thresholds(kind, defaults) -%}
    {%- set node = model.tested_node_unique_id or model.unique_id -%}
    {%- set name = node.split('.')[-1].removeprefix(kind ~ '_') -%}
    {%- set variable = kind ~ '_thresholds' -%}
    {%- set given = var(variable).get(name, {}) -%}
    {%- for threshold in given if threshold not in defaults -%}
        {{ exceptions.raise_compiler_error(
            "var " ~ variable ~ ": " ~ name ~ " has no threshold '" ~ threshold ~ "', but "
            ~ (defaults | join(', ') or 'none') ~ "."
        ) }}
    {%- endfor -%}
    {%- set thresholds = dict(defaults, **given) -%}
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

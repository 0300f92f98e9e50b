{#- What the YAML and the SQL file of a segment say about it: description and config.meta. -#}
{% macro segment_metadata(segment) -%}
    {%- set node = graph.nodes.get('model.' ~ project_name ~ '.segment_' ~ segment) if execute else none -%}
    {%- if execute and not node -%}
        {{ exceptions.raise_compiler_error(
            "vars segments and predicted_segments list '" ~ segment ~ "', but there is no model segment_" ~ segment ~ "."
        ) }}
    {%- endif -%}
    {%- set meta = node.config.meta if node else {} -%}
    {{ return({
        'description': (node.description if node else '') | replace('\n', ' ') | trim,
        'owner': meta.get('owner', ''),
        'criterion': meta.get('criterion', ''),
        'thresholds': tojson(meta.get('thresholds', {}), sort_keys=true),
        'looks_at': tojson(meta.get('looks_at', [])),
        'time_frame': meta.get('time_frame', ''),
        'refresh': meta.get('refresh', ''),
    }) }}
{%- endmacro %}

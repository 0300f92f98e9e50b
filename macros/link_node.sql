{#- A value that links records, as a node of a graph: one for each group of its holders. -#}
{% macro link_node(link) -%}
    'id:' || {{ link }}.identifier_type || ':' || {{ link }}.identifier_value || '#' || {{ link }}.group_key
{%- endmacro %}

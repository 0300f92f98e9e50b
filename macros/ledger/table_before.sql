{#- A model's table as it is before this run, where a ref() would go in a circle; none when it is not there. -#}
{% macro table_before(model_name) -%}
    {%- set found = [] -%}
    {%- if execute and model.resource_type != 'unit_test' -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == model_name -%}
            {%- do found.append(adapter.get_relation(node.database, node.schema, node.alias)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found | first if found else none) }}
{%- endmacro %}

{#- One row a file of the raw tables of the lake; after the base_ models, which look at them. -#}
{% macro list_lake_files() -%}
    {%- set tables = [] -%}
    {%- for source, table, key, received in raw_tables() -%}
        {%- do ref('base_' ~ source ~ '__' ~ table) -%}
        {%- if var('raw_data') == 'lake' and source in raw_sources() -%}
            {%- do tables.append([source, table]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- lake_ledgers(tables) -}}
{%- endmacro %}

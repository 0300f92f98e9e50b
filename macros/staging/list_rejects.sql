{#- One row a rejected raw row, of all raw tables. -#}
{% macro list_rejects() -%}
    {%- for source, table, key, received in raw_tables() %}
    select
        '{{ source }}' as source,
        '{{ table }}' as source_table,
        {{ key }} as record_key,
        reject_reason as reason,
        source_file,
        source_line,
        raw_row
    from {{ ref('checked_' ~ source ~ '__' ~ table) }}
    where fate = 'rejected'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

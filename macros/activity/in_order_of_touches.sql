{#- What happened in one moment, happened as it was received, then as it stands in the files. Columns of cart_touches. -#}
{% macro in_order_of_touches() -%}
activity_at, source_table, received_at nulls last,
source_file nulls last, source_line nulls last, source_key
{%- endmacro %}

{#-
    After `name as`: the CTE is put in place wherever it is used, not kept in memory. For CTEs of as many rows as a raw
    table, of which each user needs few columns or few rows. Spark always does so.
-#}
{% macro inline_cte() -%}
    {{ return(adapter.dispatch('inline_cte', 'penpal')()) }}
{%- endmacro %}

{% macro duckdb__inline_cte() -%}
    not materialized
{%- endmacro %}

{% macro spark__inline_cte() -%}
{%- endmacro %}

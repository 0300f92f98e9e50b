{#- The segments that there are on this engine: those of predictions only where there are predictions (dbt_project.yml). -#}
{% macro segment_names() -%}
    {{ return(var('segments') + (var('predicted_segments') if target.type == 'duckdb' else [])) }}
{%- endmacro %}

{#-
    A segment's name as an SQL expression. Of `clusters` it is a column: each cluster of customers is a segment, and their
    numbers are not known beforehand.
-#}
{% macro segment_name(segment) -%}
    {{ return('segment' if segment == 'clusters' else "'" ~ segment ~ "'") }}
{%- endmacro %}

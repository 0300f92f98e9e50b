{#- Replaces a table by the result of a select: in one transaction where the engine has them. -#}
{% macro replace_table(relation, existing, select) -%}
    {{ return(adapter.dispatch('replace_table', 'penpal')(relation, existing, select)) }}
{%- endmacro %}

{% macro duckdb__replace_table(relation, existing, select) -%}
    {% if existing and existing.type != 'table' %}{% do adapter.drop_relation(existing) %}{% endif %}
    {% call statement('main') -%}
        create or replace table {{ relation }} as {{ select }}
    {%- endcall %}
{%- endmacro %}

{% macro spark__replace_table(relation, existing, select) -%}
    {% if existing %}{% do adapter.drop_relation(existing) %}{% endif %}
    {% call statement('main') -%}
        create table {{ relation }} using parquet as {{ select }}
    {%- endcall %}
{%- endmacro %}

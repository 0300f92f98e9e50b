{#-
    Work tables of a materialization: they live for one model's run. DuckDB has temporary tables; Spark has none, and a
    temporary view would grow its lineage with every round, so there they are real tables, dropped at the end.
-#}
{% macro work_table(name) -%}
    {{ return(adapter.dispatch('work_table', 'penpal')(name)) }}
{%- endmacro %}

{% macro duckdb__work_table(name) -%}
    {{ return('temp.' ~ name) }}
{%- endmacro %}

{% macro spark__work_table(name) -%}
    {{ return(this.schema ~ '.' ~ name) }}
{%- endmacro %}


{% macro create_work_table(name, select) -%}
    {{ return(adapter.dispatch('create_work_table', 'penpal')(name, select)) }}
{%- endmacro %}

{% macro duckdb__create_work_table(name, select) -%}
    {% do run_query('create or replace temp table ' ~ name ~ ' as ' ~ select) %}
{%- endmacro %}

{% macro spark__create_work_table(name, select) -%}
    {% do drop_work_table(name) %}
    {% do run_query('create table ' ~ work_table(name) ~ ' using parquet as ' ~ select) %}
{%- endmacro %}


{% macro drop_work_table(name) -%}
    {% do run_query('drop table if exists ' ~ work_table(name)) %}
{%- endmacro %}

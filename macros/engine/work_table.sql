{#-
    Work tables of a materialization: they live for one model's run, whose name stands before
    theirs. DuckDB has temporary tables; Spark has none, and a temporary view would grow its lineage
    with every round, so there they are real tables, dropped at the end.
-#}
{% macro work_table(name) -%}
    {{ return(adapter.dispatch('work_table', 'penpal')(name)) }}
{%- endmacro %}

{% macro duckdb__work_table(name) -%}
    {{ return('temp.' ~ this.identifier ~ '__' ~ name) }}
{%- endmacro %}

{% macro spark__work_table(name) -%}
    {{ return(this.schema ~ '.' ~ this.identifier ~ '__' ~ name) }}
{%- endmacro %}


{% macro create_work_table(name, select, then_drop=[]) -%}
    {{ return(adapter.dispatch('create_work_table', 'penpal')(name, select, then_drop)) }}
{%- endmacro %}

{#- In one go: to dbt, each statement costs as much as a small query. -#}
{% macro duckdb__create_work_table(name, select, then_drop=[]) -%}
    {%- set create = 'create or replace temp table ' ~ work_table(name) ~ ' as ' ~ select -%}
    {% do run_query(([create] + _drops(then_drop)) | join(';\n')) %}
{%- endmacro %}

{% macro spark__create_work_table(name, select, then_drop=[]) -%}
    {% do drop_work_tables([name]) %}
    {% do run_query('create table ' ~ work_table(name) ~ ' using parquet as ' ~ select) %}
    {% do drop_work_tables(then_drop) %}
{%- endmacro %}


{% macro drop_work_tables(names) -%}
    {{ return(adapter.dispatch('drop_work_tables', 'penpal')(names)) }}
{%- endmacro %}

{% macro duckdb__drop_work_tables(names) -%}
    {% do run_query(_drops(names) | join(';\n')) %}
{%- endmacro %}

{% macro spark__drop_work_tables(names) -%}
    {%- for statement in _drops(names) -%}{% do run_query(statement) %}{%- endfor -%}
{%- endmacro %}

{% macro _drops(names) -%}
    {%- set drops = [] -%}
    {%- for name in names -%}{%- do drops.append('drop table if exists ' ~ work_table(name)) -%}{%- endfor -%}
    {{ return(drops) }}
{%- endmacro %}


{% macro count_work_table(name) -%}
    {{ return(run_query('select count(*) from ' ~ work_table(name)).columns[0].values()[0] | int) }}
{%- endmacro %}

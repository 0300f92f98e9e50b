{#-
    A query of the rows that a model's table held before this run, for the model itself; none where it was not there, had
    other columns, or is to be made anew (--full-refresh). To be followed by a condition.
-#}
{% macro own_rows_before(model_name, columns) -%}
    {%- set table = adapter.dispatch('own_table_before', 'penpal')(model_name) -%}
    {%- set its_columns = adapter.get_columns_in_relation(table) | map(attribute='name') | list if table else [] -%}
    {%- set table = table if columns.keys() | reject('in', its_columns) | list == [] else none -%}
    select
        {%- for name, type in columns.items() %}
        {{ name if table else 'cast(null as ' ~ type ~ ') as ' ~ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ table if table else '(select 1) as nothing' }}
{%- endmacro %}

{% macro duckdb__own_table_before(model_name) -%}
    {{ return(none if flags.FULL_REFRESH else table_before(model_name)) }}
{%- endmacro %}

{#- Plain Parquet cannot be read and replaced in one go. -#}
{% macro spark__own_table_before(model_name) -%}
    {{ return(none) }}
{%- endmacro %}

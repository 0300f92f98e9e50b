{#-
    A query of the rows that a model's table held before this run, for the model itself; of none where it was not there, had
    other columns, or is to be made anew (--full-refresh). `columns` has the type of each.
-#}
{% macro own_rows_before(model_name, columns) -%}
    {%- set table = adapter.dispatch('own_table_before', 'penpal')(model_name) -%}
    {%- set found = adapter.get_columns_in_relation(table) | map(attribute='name') | list if table else [] -%}
    {%- if table and columns | reject('in', found) | list == [] -%}
    select {{ columns | join(', ') }}
    from {{ table }}
    {%- else -%}
    select
        {%- for name, type in columns.items() %}
        cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where 1 = 0
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__own_table_before(model_name) -%}
    {{ return(none if flags.FULL_REFRESH else table_before(model_name)) }}
{%- endmacro %}

{#- Plain Parquet cannot be read and replaced in one go. -#}
{% macro spark__own_table_before(model_name) -%}
    {{ return(none) }}
{%- endmacro %}
